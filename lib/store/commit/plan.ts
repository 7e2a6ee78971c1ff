/** What a plan reads. No lock is held: the plan says for which state it is, and its digest binds a commit to that. */
import type { Facts } from "../../core/commit/facts.ts";
import type { Proposal } from "../../core/commit/proposal.ts";
import type { Db } from "../sqlite/driver.ts";
import { onlyOf, rowsOf } from "../sqlite/statement.ts";
import { memberFactsSql } from "./commit.sql.ts";
import { encodeOps, gatherPlanFacts, readPlanState } from "./facts.ts";
import { keysHeldSql, newestMadeSql, valuesNowSql } from "./plan.sql.ts";

export interface PlanFacts {
  readonly facts: Facts;
  /** The revision of the rules of the namespaces that it names. */
  readonly rules: number;
}

/** Throws StoreFault. */
export function gatherForPlan(db: Db, proposal: Proposal): PlanFacts {
  const ops = encodeOps(proposal.ops);
  const facts = gatherPlanFacts(db, { proposal, ops }, memberFactsSql);
  return { facts, rules: facts.rules ?? readPlanState(db, ops).rules };
}

/** The bytes that stand at keys now, by the place that each is given; only of what is text. Throws StoreFault. */
export function readValuesNow(
  db: Db,
  places: readonly (readonly [place: number, namespace: string, key: string])[],
): ReadonlyMap<number, Uint8Array> {
  if (places.length === 0) return new Map();
  const rows = rowsOf(db, valuesNowSql, [JSON.stringify(places)]);
  return new Map(rows.map(({ place, value }) => [place, value]));
}

/** How many keys each prefix holds now. Throws StoreFault. */
export function countKeys(
  db: Db,
  prefixes: readonly { readonly namespace: string; readonly prefix: string }[],
): number[] {
  if (prefixes.length === 0) return [];
  const asked = prefixes.map(({ namespace, prefix }) => [namespace, prefix]);
  return rowsOf(db, keysHeldSql, [JSON.stringify(asked)]).map(({ keys }) => keys);
}

/** By which commit the newest of some namespaces was made. Throws StoreFault. */
export function readNewestMade(db: Db, namespaces: readonly string[]): number {
  return onlyOf(db, newestMadeSql, [JSON.stringify(namespaces)]).revision;
}
