/**
 * What judging may cost: nodes are counted, and whoever spends more than there are is stopped. The library that judges has
 * no place for a budget of ours, so there is one at a time: judging is synchronous, and `counting` gives it back.
 */

/** Nodes that judging one document may visit. An interpreter visits 80,000 in a second. */
export const NODES_MAX = 200_000;
/** How deep schemas may be entered in each other; a reference that leads to itself comes to this. */
export const DEPTH_MAX = 256;

/** Thrown where the count or the depth is over. */
class TooCostly extends Error {}

interface Count {
  left: number;
  depth: number;
}

const UNLIMITED: Count = { left: Number.POSITIVE_INFINITY, depth: 0 };
let count = UNLIMITED;

/** What is left to spend. */
export function nodesLeft(): number {
  return count.left;
}

/** Runs work that spends at most `nodes`. `costly` makes what is given instead where it would spend more. */
export function counting<T>(nodes: number, work: () => T, costly: () => T): T {
  const before = count;
  count = { left: nodes, depth: 0 };
  try {
    return work();
  } catch (error) {
    if (isStop(error)) return costly();
    throw error;
  } finally {
    // What was spent here is spent there, too.
    before.left -= Math.min(nodes, nodes - count.left);
    count = before;
  }
}

/** What has to be let through by whoever catches. */
export function isStop(thrown: unknown): boolean {
  return thrown instanceof TooCostly;
}

export function spend(nodes: number): void {
  count.left -= nodes;
  if (count.left < 0) throw new TooCostly();
}

/** Runs what is one level deeper. */
export function deeper<T>(work: () => T): T {
  const { depth } = count;
  if (depth >= DEPTH_MAX) throw new TooCostly();
  count.depth = depth + 1;
  try {
    return work();
  } finally {
    count.depth = depth;
  }
}
