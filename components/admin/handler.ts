/**
 * admin: the first token, namespaces, tokens, mode, status, health and metrics. The only door that writes to the
 * reserved namespaces; the commit judges each such document again.
 */
import type { HttpReply, HttpRequest } from "../../lib/core/http.ts";
import { answer } from "../../lib/http/answer.ts";
import { withBackup } from "../../lib/http/backed-up.ts";
import { dispatch, type Route } from "../../lib/http/route.ts";
import type { World } from "../../lib/http/world.ts";
import type { Migration } from "../../lib/store/sqlite/migrate.ts";
import { postBootstrap } from "./bootstrap.ts";
import { getHealth, getOpenapi, getReady } from "./health.ts";
import { getMetrics } from "./metrics.ts";
import { getMode, putMode } from "./mode.ts";
import { deleteNamespace, getNamespace, getNamespaces, putNamespace } from "./namespaces.ts";
import { postPurge } from "./purge.ts";
import { getStatus } from "./status.ts";
import { deleteToken, getToken, getTokens, postToken, rotateToken } from "./tokens.ts";

const isSegment = (rest: string) => rest !== "" && !rest.includes("/");
const isRotation = (rest: string) => /^[^/]+\/rotate$/.test(rest);

const ROUTES: readonly Route[] = [
  { path: "/v1/admin/bootstrap", methods: { POST: postBootstrap } },
  { path: "/v1/admin/namespaces", methods: { GET: getNamespaces } },
  {
    path: "/v1/admin/namespaces/",
    methods: { GET: getNamespace, PUT: putNamespace, DELETE: deleteNamespace },
    matches: isSegment,
  },
  { path: "/v1/admin/tokens", methods: { GET: getTokens, POST: postToken } },
  { path: "/v1/admin/tokens/", methods: { GET: getToken, DELETE: deleteToken }, matches: isSegment },
  { path: "/v1/admin/tokens/", methods: { POST: rotateToken }, matches: isRotation },
  { path: "/v1/admin/purge", methods: { POST: postPurge } },
  { path: "/v1/admin/mode", methods: { GET: getMode, PUT: putMode } },
  { path: "/v1/admin/status", methods: { GET: getStatus } },
  { path: "/healthz", methods: { GET: getHealth } },
  { path: "/readyz", methods: { GET: getReady } },
  { path: "/metrics", methods: { GET: getMetrics } },
  { path: "/openapi.json", methods: { GET: getOpenapi } },
];

/** The component's handler, for stores of the migrations it was built with. */
export function admin(migrations: readonly Migration[]): (request: HttpRequest, world: World) => HttpReply {
  return answer(
    withBackup((door) => dispatch(ROUTES, door)),
    migrations,
  );
}
