/** Builds the host tests' own components once before any test runs; whatever is unchanged is skipped. */
import { buildFor, PROBE_MANIFEST } from "./host.ts";

export async function setup(): Promise<void> {
  await buildFor(PROBE_MANIFEST);
}
