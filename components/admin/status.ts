/** GET /v1/admin/status: how the store and its backup are, and every limit. */

import { JSON_DEPTH_MAX } from "../../lib/core/json-depth.ts";
import { MESSAGE_BYTES_MAX } from "../../lib/core/message.ts";
import { parseQuery, URI_BYTES_MAX } from "../../lib/core/query.ts";
import { accept, type Outcome } from "../../lib/core/refusal.ts";
import { pickHeaders } from "../../lib/core/request-headers.ts";
import type { Answer, Door } from "../../lib/door/answer.ts";
import { type Caller, credentialsOf, forbidden, requireCaller } from "../../lib/door/caller.ts";
import { jsonReply } from "../../lib/door/reply.ts";
import type { Target } from "../../lib/door/route.ts";
import { readFacts } from "../../lib/store/admin.ts";
import { readBackupStatus } from "../../lib/store/backup-status.ts";
import { readDurability } from "../../lib/store/durability.ts";
import { COMMIT_LIMITS } from "../../lib/store/kernel/limits.ts";
import { VERSION } from "./version.ts";

/** A commit this far ahead of the clock means that one of the two clocks is wrong. */
const CLOCK_SUSPECT_MS = 3_600_000;
const SYNCHRONOUS = ["off", "normal", "full", "extra"];

const LIMITS = {
  valueBytes: COMMIT_LIMITS.valueBytes,
  commitChanges: COMMIT_LIMITS.changes,
  commitBytes: COMMIT_LIMITS.bodyBytes,
  commitEncodedBytes: COMMIT_LIMITS.encodedBytes,
  keyBytes: COMMIT_LIMITS.keyBytes,
  pageItems: 1000,
  pageBytes: 4_194_304,
  messageBytes: MESSAGE_BYTES_MAX,
  uriBytes: URI_BYTES_MAX,
  jsonDepth: JSON_DEPTH_MAX,
};

export function getStatus(door: Door, { query }: Target): Answer {
  const allowed = requireStatus(door, query);
  if (!allowed.ok) return allowed;
  const { db, nowMs, variable } = door.world;
  const facts = readFacts(db);
  const durability = readDurability(db);
  return jsonReply(200, {
    version: VERSION,
    lineage: facts.lineage,
    epoch: facts.epoch,
    head: facts.head,
    mode: facts.mode,
    clockSuspect: facts.newestMs !== null && facts.newestMs > nowMs() + CLOCK_SUSPECT_MS,
    limits: LIMITS,
    store: {
      sqlite: facts.sqlite,
      journal: durability.journal ?? "unknown",
      synchronous: SYNCHRONOUS[durability.synchronous ?? -1] ?? "unknown",
      format: facts.format,
      bytes: facts.fileBytes,
      state: facts.state,
      keys: facts.keys,
      valueBytes: facts.valueBytes,
    },
    backup: readBackupStatus(db, nowMs(), isBucketSet(variable)),
  });
}

export function isBucketSet(variable: (name: string) => string | undefined): boolean {
  return (variable("bucket_name") ?? "") !== "";
}

/** A caller with the verb `status` over anything, and a request without parameters. */
export function requireStatus(door: Door, query: string): Outcome<Caller> {
  const found = requireCaller(door, credentialsOf(door.request));
  if (!found.ok) return found;
  const { caller } = found.value;
  if (!caller.grants.some(({ verbs }) => verbs.includes("status")))
    return forbidden(caller, "status", "anything");
  const headers = pickHeaders(door.request, []);
  if (!headers.ok) return headers;
  const parameters = parseQuery(query, []);
  return parameters.ok ? accept(caller) : parameters;
}
