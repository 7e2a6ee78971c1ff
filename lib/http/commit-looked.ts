/**
 * The commits of components. On Spin nobody looks at the bucket before it serves, and nothing is remembered between two
 * requests; so a write whose last look is too old asks for one, before it takes a revision that the bucket may have.
 * Promise: no write waits for that longer than 5 s, and within an hour only those that come during such a look.
 */
import type { Proposal } from "../core/commit/proposal.ts";
import type { CommitOutcome } from "../core/commit/verdict.ts";
import { putRow } from "../store/catalogue/operation.ts";
import { LOOK_ASKED } from "../store/catalogue/rows.ts";
import { type CommitOptions, commitAll, LookDue } from "../store/commit/commit.ts";
import { hostParks } from "./host-parks.ts";
import { askForLook, isBucketSet } from "./looked.ts";
import type { World } from "./world.ts";

const LOOK_SECONDS = 5;

/** As commitAll; after a look, which may have stopped the store, where the last one is too old. Throws StoreFault. */
export function commitLooked(
  world: World,
  proposals: readonly Proposal[],
  options: CommitOptions,
): readonly CommitOutcome[] {
  const afterLook = world.chain !== undefined && isBucketSet(world) && !hostParks(world);
  try {
    return commitAll(world.db, proposals, { ...options, afterLook });
  } catch (error) {
    if (!(error instanceof LookDue)) throw error;
  }
  askForLook(world, LOOK_SECONDS);
  // Noted after the look, so that those who write meanwhile ask as well; and whatever it said, so that a bucket that is
  // silent holds up no further write.
  putRow(world.db, LOOK_ASKED, { atMs: world.nowMs() });
  return commitAll(world.db, proposals, options);
}
