/**
 * admin: the first token, namespaces, policies, channels and rollouts, the fleet, tokens, mode, status, health and metrics. It and
 * the tick of rollouts alone write to the reserved namespaces; the commit's rules judge each such document again.
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
import {
  ApproveRolloutBody,
  BeaconsBody,
  ChannelBody,
  EdgeBody,
  RolloutBody,
} from "../../lib/api/rollout-bodies.ts";
import { ADMIN } from "../../lib/api/tables/admin.built.ts";
import { parseJsonBody } from "../../lib/http/body.ts";
import { type Parts, type Service, service } from "../../lib/http/service.ts";
import type { Migration } from "../../lib/store/sqlite/migrate.ts";
import { approveRollout } from "./approve-rollout.ts";
import { postBeacons } from "./beacons.ts";
import { postBootstrap } from "./bootstrap.ts";
import { deleteChannel, getChannel, getChannels, putChannel } from "./channels.ts";
import { deleteEdge, getEdge, getEdges, putEdge } from "./edges.ts";
import { getFleet } from "./fleet.ts";
import { getHealth, getOpenapi, getReady } from "./health.ts";
import { getMetrics } from "./metrics.ts";
import { getMode, putMode } from "./mode.ts";
import { deleteNamespace, getNamespace, getNamespaces, putNamespace } from "./namespaces.ts";
import { deletePolicy, getPolicies, getPolicy, putPolicy } from "./policies.ts";
import { postPurge } from "./purge.ts";
import { postRecover } from "./recover.ts";
import { getRollout, getRollouts, putRollout } from "./rollouts.ts";
import { deleteSchema, getSchema, getSchemas, putSchema } from "./schemas.ts";
import { getStatus } from "./status.ts";
import { abortRollout, hurryRollout, pauseRollout, resumeRollout } from "./steer-rollout.ts";
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
    listChannels: getChannels,
    readChannel: getChannel,
    putChannel,
    deleteChannel,
    listEdges: getEdges,
    readEdge: getEdge,
    putEdge,
    deleteEdge,
    listRollouts: getRollouts,
    readRollout: getRollout,
    putRollout,
    pauseRollout,
    resumeRollout,
    hurryRollout,
    abortRollout,
    approveRollout,
    postBeacons,
    readFleet: getFleet,
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
    ApproveRolloutBody,
    BeaconsBody,
    BootstrapBody,
    ChannelBody,
    EdgeBody,
    ModeBody,
    NamespaceBody,
    PolicyBody,
    PurgeBody,
    RecoverBody,
    RolloutBody,
    RotateBody,
    TokenBody,
  },
  parseBody: parseJsonBody,
};

/** The component's service, for stores of the migrations it was built with. */
export function admin(migrations: readonly Migration[]): Service {
  return service(ADMIN, PARTS, migrations);
}
