/** config-write: one document by PUT and DELETE, many by POST /v1/commit. The rules of a commit judge; this translates. */
import type { HttpReply, HttpRequest } from "../../lib/core/http.ts";
import { answer } from "../../lib/http/answer.ts";
import { withBackup } from "../../lib/http/backed-up.ts";
import { dispatch, type Route } from "../../lib/http/route.ts";
import type { World } from "../../lib/http/world.ts";
import type { Migration } from "../../lib/store/sqlite/migrate.ts";
import { postCommit } from "./commit.ts";
import { deleteDocument, putDocument } from "./document.ts";

const ROUTES: readonly Route[] = [
  { path: "/v1/write/", methods: { PUT: putDocument, DELETE: deleteDocument } },
  { path: "/v1/commit", methods: { POST: postCommit } },
];

/** The component's handler, for stores of the migrations it was built with. */
export function configWrite(
  migrations: readonly Migration[],
): (request: HttpRequest, world: World) => HttpReply {
  return answer(
    withBackup((door) => dispatch(ROUTES, door)),
    migrations,
  );
}
