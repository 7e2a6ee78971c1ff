/** Read-only mode: a document in `_system` that every commit obeys. Reads go on; only the mode can be written. */

import { ModeBody } from "../../lib/api/admin-bodies.ts";
import { parseQuery } from "../../lib/core/query.ts";
import { pickHeaders } from "../../lib/core/request-headers.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import { judgeJsonHeaders, parseJsonBody } from "../../lib/http/body.ts";
import { namedState } from "../../lib/http/named-state.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Target } from "../../lib/http/route.ts";
import { findSetting } from "../../lib/store/documents/settings.ts";
import { requireRoot } from "./admin-caller.ts";
import { parseWords, proposerOf, writeSetting } from "./settings-write.ts";
import { etagOf } from "./token-view.ts";

const MODE = { namespace: "_system", key: "mode" } as const;
const BODY_BYTES_MAX = 1024;

export function getMode(door: Door, { query }: Target): Answer {
  const found = requireRoot(door);
  if (!found.ok) return found;
  const parameters = parseQuery(query, []);
  if (!parameters.ok) return parameters;
  const headers = pickHeaders(door.request, []);
  return headers.ok ? modeReply(door) : headers;
}

/** Without a condition the newer wish wins: closing the store must not fail for want of an ETag. */
export function putMode(door: Door, { query }: Target): Answer {
  const { db } = door.world;
  const found = requireRoot(door);
  if (!found.ok) return found;
  const words = parseWords(door, query);
  if (!words.ok) return words;
  const type = judgeJsonHeaders(words.value.headers["content-type"], words.value.headers["content-encoding"]);
  if (!type.ok) return type;
  const body = parseJsonBody(db, door.request, { schema: ModeBody, bytesMax: BODY_BYTES_MAX });
  if (!body.ok) return body;
  const { condition } = words.value;
  const state =
    condition.kind === "none"
      ? { ifRevision: -1, ifLineage: null }
      : namedState(db, { ...MODE, op: "put" }, condition);
  const written = writeSetting(door, proposerOf(found.value.caller), {
    change: { ...MODE, json: JSON.stringify(body.value), state },
    words: words.value,
  });
  return written.ok ? modeReply(door) : written;
}

function modeReply(door: Door): Answer {
  const setting = findSetting(door.world.db, MODE.namespace, MODE.key);
  if (setting === undefined) return jsonReply(200, { mode: "open" });
  const { mode }: { mode: string } = JSON.parse(setting.json);
  return jsonReply(200, { mode }, [["etag", etagOf(setting)]]);
}
