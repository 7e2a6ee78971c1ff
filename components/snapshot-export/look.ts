/**
 * POST /internal/backup/look: a component that cannot ask the bucket has to know whether it holds backups, or more of
 * this history than the store. Promise: it is answered by the moment it names, and the look goes on.
 */
import type { Input } from "../../lib/api/typed.ts";
import type { Later } from "../../lib/engines/starling/serve.ts";
import type { Answer } from "../../lib/http/result.ts";
import { lookNow } from "./restore-run.ts";
import { sleepFor } from "./sleep-for.ts";
import type { Exporting } from "./with-bucket.ts";

export async function postLook(
  exporting: Exporting,
  { until }: Input<"lookForBackups">,
  later: Later,
): Promise<Answer> {
  const work = lookNow(exporting);
  const looked = await Promise.race([work, sleepFor(until - exporting.world.nowMs())]);
  if (looked !== undefined) return looked;
  // What becomes of it after the answer is told by `later` alone.
  work.catch(() => {});
  later(async () => void (await work));
  return { status: 202, headers: [], body: "" };
}
