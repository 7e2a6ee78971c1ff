/**
 * The restore routes: a preview, and a restore into the running store, which has to be empty. Both are for
 * whoever knows the bootstrap secret, since a store without a history has no tokens.
 */
import type { RestoreAnswer, RestorePreview } from "../../lib/api/restore-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { type Refusal, refuse } from "../../lib/core/refusal.ts";
import { parseTime } from "../../lib/core/time.ts";
import { requireDurability } from "../../lib/http/durable.ts";
import type { Answer } from "../../lib/http/result.ts";
import { previewNow, restoreNow } from "./restore-run.ts";
import type { Exporting } from "./with-bucket.ts";

export async function getRestore(
  exporting: Exporting,
  { revision, time, branch }: Input<"previewRestore">,
): Promise<Answer<RestorePreview>> {
  const asked = { revision, time, branch: branch ?? undefined };
  const fault = faultOf(asked);
  return fault === undefined ? previewNow(exporting, asked) : refuse("bad_parameter", fault);
}

export async function postRestore(
  exporting: Exporting,
  { body }: Input<"restore">,
): Promise<Answer<RestoreAnswer>> {
  const { restart = false, ...asked } = body;
  const unfit = requireDurability(exporting.world) ?? judgeAsked(asked);
  return unfit ?? restoreNow(exporting, { asked, restart });
}

function judgeAsked(asked: Omit<Input<"restore">["body"], "restart">): Refusal<"invalid_body"> | undefined {
  const fault = faultOf(asked);
  if (fault !== undefined) return refuse("invalid_body", fault);
  return asked.token?.name.startsWith("_") === true
    ? refuse("invalid_body", "/token/name: names that begin with _ are Ledge's own.")
    : undefined;
}

function faultOf({ revision, time }: { revision?: number | undefined; time?: string | undefined }) {
  if (revision !== undefined && time !== undefined) return "/time: name a revision or a time, not both.";
  if (time !== undefined && parseTime(time) === undefined)
    return "/time: it is written like 2026-01-31T12:00:00Z.";
  return undefined;
}
