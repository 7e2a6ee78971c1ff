/** What machines ask before anything else: alive, ready to serve, and the description of the interface. */
import type { Health, Ready } from "../../lib/api/admin-answers.ts";
import { packedOpenapi } from "../../lib/api/openapi.built.ts";
import { unpackText } from "../../lib/core/packed-text.ts";
import type { Context } from "../../lib/http/context.ts";
import { requireDurability } from "../../lib/http/durable.ts";
import { judgeSelfRestore } from "../../lib/http/first-history.ts";
import { jsonReply, textReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";

/** The process answers. Asks the store nothing. */
export function getHealth(): Result<Health> {
  return jsonReply(200, { ok: true });
}

/**
 * The store can be read, and a write would last. Backups are no reason to fail a probe, but an empty store that
 * restores itself first has nothing to serve.
 */
export function getReady(_input: object, { world }: Context): Result<Ready> {
  return requireDurability(world) ?? judgeSelfRestore(world) ?? jsonReply(200, { ready: true });
}

export function getOpenapi(): Result {
  return textReply(200, unpackText(packedOpenapi));
}
