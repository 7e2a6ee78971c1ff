/**
 * A look at the bucket by a component that cannot ask it: snapshot-export does, by service chaining. Promise: nobody
 * waits for it longer than was said; what it finds stands in the store.
 */
import type { World } from "./world.ts";

/** Has the bucket looked at, for at most so many seconds; then the look goes on by itself. */
export function askForLook(world: World, seconds: number): void {
  const until = world.nowMs() + seconds * 1000;
  const reply = world.chain?.("snapshot-export", `/internal/backup/look?until=${until}`);
  if (reply?.status !== 204) world.log("backup.not_looked", { status: reply?.status ?? null });
}

/** As far as a component knows that has no more of the bucket than its name. */
export function isBucketSet({ variable }: World): boolean {
  return (variable("bucket_name") ?? "").trim() !== "";
}
