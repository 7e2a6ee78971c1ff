/** What a store must promise of a write: to survive a power cut, unless a setting accepts less. */
import type { Refusal } from "../core/refusal.ts";
import type { CommitOptions } from "../store/commit/commit.ts";
import { requireDurable } from "../store/sqlite/durability.ts";
import type { World } from "./world.ts";

/** For a commit, which looks at its own connection. */
export function acceptedDurability({ variable }: World): CommitOptions {
  return { accept: isWeakAccepted(variable) ? "weak" : "durable" };
}

/** Before other writes, and for whoever asks whether a write would last. */
export function judgeDurability({ db, variable }: World): Refusal | undefined {
  const judged = requireDurable(db, { acceptWeak: isWeakAccepted(variable) });
  return judged.ok ? undefined : judged;
}

function isWeakAccepted(variable: World["variable"]): boolean {
  return variable("accept_weak_durability") === "true";
}
