/**
 * config-read: documents, lists, the feed, the log of commits, and who a token is. Only reads.
 * The hot path is GET /v1/read: one statement, no schema library, no SQL built while it runs.
 */

import type { HttpReply, HttpRequest } from "../../lib/core/http.ts";
import { answer } from "../../lib/http/answer.ts";
import { dispatch, type Route } from "../../lib/http/route.ts";
import type { World } from "../../lib/http/world.ts";
import type { Migration } from "../../lib/store/sqlite/migrate.ts";
import { getChanges } from "./changes.ts";
import { getCommit, getCommits } from "./commits.ts";
import { getList } from "./list.ts";
import { getDocument } from "./read.ts";
import { getWhoami } from "./whoami.ts";

const ROUTES: readonly Route[] = [
  { path: "/v1/read/", methods: { GET: getDocument } },
  { path: "/v1/list/", methods: { GET: getList }, matches: (rest) => rest !== "" && !rest.includes("/") },
  { path: "/v1/changes", methods: { GET: getChanges } },
  { path: "/v1/commits", methods: { GET: getCommits } },
  {
    path: "/v1/commits/",
    methods: { GET: getCommit },
    matches: (rest) => rest !== "" && !rest.includes("/"),
  },
  { path: "/v1/whoami", methods: { GET: getWhoami } },
];

/** The component's handler, for stores of the migrations it was built with. */
export function configRead(
  migrations: readonly Migration[],
): (request: HttpRequest, world: World) => HttpReply {
  return answer((door) => dispatch(ROUTES, door), migrations);
}
