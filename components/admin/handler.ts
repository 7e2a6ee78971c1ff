/** admin: the first token, namespaces, tokens, the mode, status, health, metrics, and the description. */
import type { HttpReply, HttpRequest } from "../../lib/core/http.ts";
import { answer } from "../../lib/door/answer.ts";
import { dispatch, type Route } from "../../lib/door/route.ts";
import type { Migration } from "../../lib/store/migrate.ts";
import type { World } from "../../lib/world.ts";
import { postBootstrap } from "./bootstrap.ts";
import { getHealth, getReady } from "./health.ts";
import { getMetrics } from "./metrics.ts";
import { getMode, putMode } from "./mode.ts";
import { deleteNamespace, getNamespace, getNamespaces, putNamespace } from "./namespaces.ts";
import { getOpenApi } from "./openapi.ts";
import { getStatus } from "./status.ts";
import { deleteToken, getToken, getTokens, postRotate, postToken } from "./tokens.ts";

const oneSegment = (rest: string) => rest !== "" && !rest.includes("/");

const ROUTES: readonly Route[] = [
  { path: "/healthz", methods: { GET: getHealth } },
  { path: "/readyz", methods: { GET: getReady } },
  { path: "/metrics", methods: { GET: getMetrics } },
  { path: "/openapi.json", methods: { GET: getOpenApi } },
  { path: "/v1/admin/bootstrap", methods: { POST: postBootstrap } },
  { path: "/v1/admin/namespaces", methods: { GET: getNamespaces } },
  {
    path: "/v1/admin/namespaces/",
    methods: { GET: getNamespace, PUT: putNamespace, DELETE: deleteNamespace },
    matches: oneSegment,
  },
  { path: "/v1/admin/tokens", methods: { GET: getTokens, POST: postToken } },
  { path: "/v1/admin/tokens/", methods: { GET: getToken, DELETE: deleteToken }, matches: oneSegment },
  {
    path: "/v1/admin/tokens/",
    methods: { POST: postRotate },
    matches: (rest) => /^[^/]+\/rotate$/.test(rest),
  },
  { path: "/v1/admin/mode", methods: { GET: getMode, PUT: putMode } },
  { path: "/v1/admin/status", methods: { GET: getStatus } },
];

/** The component's handler, for stores of the migrations it was built with. */
export function admin(migrations: readonly Migration[]): (request: HttpRequest, world: World) => HttpReply {
  return answer((door) => dispatch(ROUTES, door), migrations);
}
