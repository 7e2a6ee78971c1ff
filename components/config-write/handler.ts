/** config-write: one document by PUT and DELETE, many by POST /v1/commit. The commit's rules judge; this translates. */
import { CommitBody } from "../../lib/api/commit-body.ts";
import { CONFIG_WRITE } from "../../lib/api/tables/config-write.built.ts";
import { parseJsonBody } from "../../lib/http/body.ts";
import { type Parts, type Service, service } from "../../lib/http/service.ts";
import type { Migration } from "../../lib/store/sqlite/migrate.ts";
import { postCommit } from "./commit.ts";
import { deleteDocument, putDocument } from "./document.ts";

const PARTS: Parts<"config-write"> = {
  handlers: { putDocument, deleteDocument, commit: postCommit },
  bodies: { CommitBody },
  parseBody: parseJsonBody,
};

/** The component's service, for stores of the migrations it was built with. */
export function configWrite(migrations: readonly Migration[]): Service {
  return service(CONFIG_WRITE, PARTS, migrations);
}
