/**
 * config-read: documents, lists, the feed, the past of keys, the log of commits, and who a token is. Only reads.
 * The hot path is GET /v1/read: one statement, no schema library, no SQL built while it runs.
 */
import { CONFIG_READ } from "../../lib/api/tables/config-read.built.ts";
import { type Parts, type Service, service } from "../../lib/http/service.ts";
import type { Migration } from "../../lib/store/sqlite/migrate.ts";
import { getChanges, viewChanges } from "./changes.ts";
import { getCommit, getCommits } from "./commits.ts";
import { getDiff } from "./diff.ts";
import { getHistory } from "./history.ts";
import { getLineage } from "./lineage.ts";
import { getList } from "./list.ts";
import { getDocument, viewDocument } from "./read.ts";
import { getWhoami } from "./whoami.ts";

const PARTS: Parts<"config-read"> = {
  handlers: {
    readDocument: getDocument,
    listDocuments: getList,
    readHistory: getHistory,
    readDiff: getDiff,
    followChanges: getChanges,
    listCommits: getCommits,
    readCommit: getCommit,
    whoami: getWhoami,
    readLineage: getLineage,
  },
  views: { readDocument: viewDocument, followChanges: viewChanges },
  bodies: {},
};

/** The component's service, for stores of the migrations it was built with. */
export function configRead(migrations: readonly Migration[]): Service {
  return service(CONFIG_READ, PARTS, migrations);
}
