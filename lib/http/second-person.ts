/**
 * Who is a second person. Promise: nobody decides alone by a second token of their own, as far as tokens tell: one of the same
 * name is the same holder's, as is one that comes from the first, over however many others.
 */
import type { Person } from "../core/review/document.ts";
import { tokenKey, tokenOf } from "../core/token.ts";
import { findSetting } from "../store/documents/settings.ts";
import type { Db } from "../store/sqlite/driver.ts";
import type { Caller } from "./caller.ts";

export function personOf({ accessor, token }: Caller): Person {
  return { by: accessor ?? "", byName: token?.name ?? "" };
}

/** As who stands in a commit that one of Ledge's own actors makes for somebody. */
export function formatPerson({ by, byName }: Person): string {
  return `${byName} (${by})`.slice(0, 200);
}

/** Throws StoreFault. */
export function isSamePerson({ by, byName }: Person, { accessor, token }: Caller, db: Db): boolean {
  return accessor === by || token?.name === byName || comesFrom(token?.creator ?? "", by, db);
}

/** Two tokens may each have given the other its secret, so whoever was seen ends the way up. */
function comesFrom(giver: string, first: string, db: Db): boolean {
  const seen = new Set<string>();
  for (let accessor = giver; !seen.has(accessor); ) {
    if (accessor === first) return true;
    seen.add(accessor);
    const setting = findSetting(db, "_auth", tokenKey(accessor));
    if (setting === undefined) return false;
    accessor = tokenOf(setting.json).creator;
  }
  return false;
}
