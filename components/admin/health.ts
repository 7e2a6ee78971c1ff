/** What machines ask before anything else: alive, ready to serve, and the description of the interface. */
import { parseQuery } from "../../lib/core/query.ts";
import type { Answer, Door } from "../../lib/door/answer.ts";
import { judgeSelfRestore } from "../../lib/door/bucket-look.ts";
import { judgeStore } from "../../lib/door/caller.ts";
import { judgeDurability } from "../../lib/door/durable.ts";
import { jsonReply, textReply } from "../../lib/door/reply.ts";
import type { Target } from "../../lib/door/route.ts";
import { readView } from "../../lib/store/view.ts";
import { openapiText } from "../../lib/wire/openapi.built.ts";

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
