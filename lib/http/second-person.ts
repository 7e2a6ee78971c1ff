/**
 * Who is a second person. Promise: nobody decides alone by a second token of their own, as far as tokens tell. One of the same
 * name is the same holder's. So are two that come from one token, over however many others, and that token itself: who gives a
 * token knows its secret. A root token gives to all, and its holder could turn review off, so it makes nobody one person but itself.
 */
import { isRoot } from "../core/grant.ts";
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
  if (accessor === by || token?.name === byName) return true;
  const theirs = wayUp(by, db);
  const own = wayUp(accessor ?? "", db);
  return (
    own === undefined ||
    theirs === undefined ||
    own.has(by) ||
    [...own].some(([one, root]) => !root && theirs.has(one))
  );
}

/**
 * A token and those that it comes from, and which of them are root. Undefined for tokens that gave each other their secrets:
 * whose they were first does not show any more.
 */
function wayUp(accessor: string, db: Db): ReadonlyMap<string, boolean> | undefined {
  const seen = new Map<string, boolean>();
  for (let at = accessor; !seen.has(at); ) {
    const setting = findSetting(db, "_auth", tokenKey(at));
    if (setting === undefined) return seen;
    const { creator, grants } = tokenOf(setting.json);
    seen.set(at, isRoot(grants));
    at = creator;
  }
  return [...seen.values()].includes(true) ? seen : undefined;
}
