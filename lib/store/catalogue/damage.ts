/**
 * What was found damaged in the bucket. Promise: a mark stands until its object was removed, or came back as it was
 * written; a restore point that needs the object is known by it.
 */
import type { Db } from "../sqlite/driver.ts";
import { rowsOf } from "../sqlite/statement.ts";
import { damagedPointsSql, damageSql, dropStaleDamageSql } from "./damage.sql.ts";
import type { Catalogue } from "./lease.ts";
import { dropRow, putRow } from "./operation.ts";
import type { TargetLineage } from "./points.ts";
import { damagedRow } from "./rows.ts";

/** An object or a manifest, and when it was found damaged. */
export interface Damage {
  readonly object: string;
  readonly atMs: number;
}

/** Notes that an object is damaged. One that the catalogue does not know is nothing that a restore would read. */
export function recordDamage(catalogue: Catalogue, { object, atMs }: Damage): void {
  const { generation } = catalogue;
  catalogue.write((db) => {
    putRow(db, damagedRow(object), { atMs, generation });
    db.all(dropStaleDamageSql);
  });
}

/** The object was read, and is what was written. */
export function forgetDamage(catalogue: Catalogue, object: string): void {
  catalogue.write((db) => dropRow(db, damagedRow(object)));
}

/** What is marked, with the SHA-256 that it was written with. */
export function listDamage(db: Db): (Damage & { readonly sha256: string | null })[] {
  return rowsOf(db, damageSql);
}

/** When each object was found damaged. */
export function readDamageTimes(db: Db): Map<string, number> {
  return new Map(listDamage(db).map(({ object, atMs }) => [object, atMs]));
}

/** The runs of the restore points that need a damaged object, each with one of these. */
export function listDamagedPoints(db: Db, { target, lineage }: TargetLineage): Map<string, Damage> {
  const rows = rowsOf(db, damagedPointsSql, [target, lineage]);
  return new Map(rows.map(({ run, object, atMs }) => [run, { object, atMs }]));
}
