/** An origin for one test, in a folder of its own, with its clock as fast as the test wants: gone when the test ends. */
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "../processes.ts";
import { openProcessClock } from "./clocks.ts";
import { type OriginProcess, startOriginProcess } from "./origin-process.ts";

/** It exports nothing to its bucket by itself. `speed`: how often faster its clock runs. */
export async function lendOrigin(
  name: string,
  speed: number,
): Promise<{ readonly folder: string; readonly origin: OriginProcess }> {
  const { path: folder, remove } = temporaryFolder(name);
  const clock = openProcessClock(join(folder, "origin.clock"), speed);
  const origin = await startOriginProcess(folder, clock.env, "off");
  onTestFinished(async () => {
    await origin.stop();
    remove();
  });
  return { folder, origin };
}
