/** config-write: one document by PUT and DELETE, many by POST /v1/commit. The kernel judges; this translates. */
import type { HttpReply, HttpRequest } from "../../lib/core/http.ts";
import { answer } from "../../lib/door/answer.ts";
import { withBackup } from "../../lib/door/backed-up.ts";
import { dispatch, type Route } from "../../lib/door/route.ts";
import type { Migration } from "../../lib/store/migrate.ts";
import type { World } from "../../lib/world.ts";
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
