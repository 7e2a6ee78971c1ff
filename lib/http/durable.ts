/** What a store must promise of a write: to survive a power cut, unless a setting accepts less. */
import type { Refusal } from "../core/refusal.ts";
import type { CommitOptions } from "../store/commit/commit.ts";
import { requireDurable } from "../store/sqlite/durability.ts";
import type { World } from "./world.ts";

/** For a commit, which looks at its own connection; `perSecond` as there. */
export function acceptedDurability(world: World, perSecond = 0): CommitOptions {
  return { accept: isWeakAccepted(world) ? "weak" : "durable", perSecond };
}

/** Before other writes, and for whoever asks whether a write would last. */
export function requireDurability(world: World): Refusal | undefined {
  const judged = requireDurable(world.db, { acceptWeak: isWeakAccepted(world) });
  return judged.ok ? undefined : judged;
}

/** Whether the setting accepts that a power cut takes a write. */
export function isWeakAccepted({ variable }: World): boolean {
  return variable("accept_weak_durability") === "true";
}
