/** Before a write: a store whose commits would not survive a power cut is refused, unless a setting accepts it. */
import type { Refusal } from "../core/refusal.ts";
import { requireDurable } from "../store/sqlite/durability.ts";
import type { World } from "./world.ts";

export function judgeDurability({ db, variable }: World): Refusal | undefined {
  const judged = requireDurable(db, { acceptWeak: variable("accept_weak_durability") === "true" });
  return judged.ok ? undefined : judged;
}
