/** What machines ask before anything else: alive, ready to serve, and the description of the interface. */

import { openapiText } from "../../lib/api/openapi.built.ts";
import { parseQuery } from "../../lib/core/query.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import { judgeStore } from "../../lib/http/caller.ts";
import { judgeDurability } from "../../lib/http/durable.ts";
import { judgeSelfRestore } from "../../lib/http/first-history.ts";
import { jsonReply, textReply } from "../../lib/http/reply.ts";
import type { Target } from "../../lib/http/route.ts";
import { readView } from "../../lib/store/documents/view.ts";

/** The process answers. Asks the store nothing. */
export function getHealth(_door: Door, { query }: Target): Answer {
  const parameters = parseQuery(query, []);
  return parameters.ok ? jsonReply(200, { ok: true }) : parameters;
}

/**
 * The store can be read, and a write would last. Backups are no reason to fail a probe, but an empty store that
 * restores itself first has nothing to serve.
 */
export function getReady(door: Door, { query }: Target): Answer {
  const parameters = parseQuery(query, []);
  if (!parameters.ok) return parameters;
  const unfit =
    judgeStore(readView(door.world.db, null, null), door) ??
    judgeDurability(door.world) ??
    judgeSelfRestore(door.world);
  return unfit ?? jsonReply(200, { ready: true });
}

export function getOpenapi(_door: Door, { query }: Target): Answer {
  const parameters = parseQuery(query, []);
  return parameters.ok ? textReply(200, openapiText) : parameters;
}
