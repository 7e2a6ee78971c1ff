/** GET /v1/admin/status: how the store and its backup stand, and every limit. */

import type { Status } from "../../lib/api/admin-answers.ts";
import { COMMIT_LIMITS } from "../../lib/core/commit/limits.ts";
import { JSON_DEPTH_MAX } from "../../lib/core/json-depth.ts";
import { KEY_BYTES_MAX } from "../../lib/core/key.ts";
import { MESSAGE_BYTES_MAX } from "../../lib/core/message.ts";
import { PAGE_LIMITS } from "../../lib/core/page-limits.ts";
import { URI_BYTES_MAX } from "../../lib/core/query.ts";
import { parseRate } from "../../lib/core/rate.ts";
import { VERSION } from "../../lib/core/version.ts";
import { HOST_PARKS_VARIABLE, SLEEP_SECONDS_MAX, WAIT_SECONDS_MAX } from "../../lib/core/waiting.ts";
import type { Context } from "../../lib/http/context.ts";
import { isWeakAccepted } from "../../lib/http/durable.ts";
import { isBucketSet } from "../../lib/http/looked.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import { secretState } from "../../lib/http/standing-secret.ts";
import type { World } from "../../lib/http/world.ts";
import { readBackupStatus } from "../../lib/store/catalogue/status.ts";
import { readSize, readStatus } from "../../lib/store/documents/settings.ts";
import { raiseDurability } from "../../lib/store/sqlite/durability.ts";

const CLOCK_SUSPECT_MS = 3_600_000;
const SYNCHRONOUS = ["off", "normal", "full", "extra"];

const LIMITS = {
  valueBytes: COMMIT_LIMITS.valueBytes,
  commitChanges: COMMIT_LIMITS.changes,
  commitValueBytes: COMMIT_LIMITS.bodyBytes,
  commitEncodedBytes: COMMIT_LIMITS.encodedBytes,
  pageItems: PAGE_LIMITS.items,
  pageBytes: PAGE_LIMITS.bytes,
  keyBytes: KEY_BYTES_MAX,
  messageBytes: MESSAGE_BYTES_MAX,
  uriBytes: URI_BYTES_MAX,
  jsonDepth: JSON_DEPTH_MAX,
};

export function getStatus(_input: object, { world }: Context): Result<Status> {
  return jsonReply(200, statusView(world));
}

function statusView(world: World): Status {
  const { db } = world;
  const store = readStatus(db);
  // How a write would be made, and not how this connection was found.
  const durability = raiseDurability(db);
  const nowMs = world.nowMs();
  return {
    version: VERSION,
    lineage: store.lineage,
    epoch: store.epoch,
    head: store.head,
    mode: store.state === "stopped" ? "stopped" : store.mode,
    clockSuspect: store.newestMs !== null && store.newestMs > nowMs + CLOCK_SUSPECT_MS,
    limits: {
      ...LIMITS,
      waitSeconds: world.variable(HOST_PARKS_VARIABLE) === "true" ? WAIT_SECONDS_MAX : SLEEP_SECONDS_MAX,
      writesPerSecond: parseRate(world.variable("write_rate")) ?? 0,
    },
    store: {
      sqlite: store.sqlite,
      journal: durability.journal ?? "unknown",
      synchronous: SYNCHRONOUS[durability.synchronous ?? -1] ?? "unknown",
      libsqlServer: durability.onServer,
      weakAccepted: isWeakAccepted(world),
      format: store.format,
      bytes: readSize(db),
      namespaces: store.namespaces,
      documents: store.keys,
      valueBytes: store.valueBytes,
    },
    recovery: secretState(world, "recovery_secret"),
    backup: readBackupStatus(db, nowMs, isBucketSet(world)),
  };
}
