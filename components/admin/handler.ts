/**
 * admin: the first token, namespaces, policies, tokens, mode, status, health and metrics. The only component that writes to the
 * reserved namespaces; the commit's rules judge each such document again.
 */
import {
  BootstrapBody,
  ModeBody,
  NamespaceBody,
  PurgeBody,
  RecoverBody,
  RotateBody,
  TokenBody,
} from "../../lib/api/admin-bodies.ts";
import { PolicyBody } from "../../lib/api/policy-bodies.ts";
import { ADMIN } from "../../lib/api/tables/admin.built.ts";
import { parseJsonBody } from "../../lib/http/body.ts";
import { type Parts, type Service, service } from "../../lib/http/service.ts";
import type { Migration } from "../../lib/store/sqlite/migrate.ts";
import { postBootstrap } from "./bootstrap.ts";
import { getHealth, getOpenapi, getReady } from "./health.ts";
import { getMetrics } from "./metrics.ts";
import { getMode, putMode } from "./mode.ts";
import { deleteNamespace, getNamespace, getNamespaces, putNamespace } from "./namespaces.ts";
import { deletePolicy, getPolicies, getPolicy, putPolicy } from "./policies.ts";
import { postPurge } from "./purge.ts";
import { postRecover } from "./recover.ts";
import { deleteSchema, getSchema, getSchemas, putSchema } from "./schemas.ts";
import { getStatus } from "./status.ts";
import { deleteTokens } from "./token-group.ts";
import { deleteToken, getToken, getTokens, postToken, rotateToken } from "./tokens.ts";

const PARTS: Parts<"admin"> = {
  handlers: {
    bootstrap: postBootstrap,
    recover: postRecover,
    listNamespaces: getNamespaces,
    readNamespace: getNamespace,
    putNamespace,
    deleteNamespace,
    listPolicies: getPolicies,
    readPolicy: getPolicy,
    putPolicy,
    deletePolicy,
    listSchemas: getSchemas,
    readSchema: getSchema,
    putSchema,
    deleteSchema,
    listTokens: getTokens,
    makeToken: postToken,
    readToken: getToken,
    revokeToken: deleteToken,
    revokeTokens: deleteTokens,
    rotateToken,
    readMode: getMode,
    putMode,
    purge: postPurge,
    readStatus: getStatus,
    readHealth: getHealth,
    readReadiness: getReady,
    readMetrics: getMetrics,
    readOpenapi: getOpenapi,
  },
  bodies: {
    BootstrapBody,
    ModeBody,
    NamespaceBody,
    PolicyBody,
    PurgeBody,
    RecoverBody,
    RotateBody,
    TokenBody,
  },
  parseBody: parseJsonBody,
};

/** The component's service, for stores of the migrations it was built with. */
export function admin(migrations: readonly Migration[]): Service {
  return service(ADMIN, PARTS, migrations);
}
