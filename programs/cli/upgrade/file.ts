/**
 * A store's file, looked at for an upgrade. Promise: the file itself is only read, also while a server has it; the migration
 * is tried on a copy in the system's temporary folder, and what comes out of it is compared with its own history.
 */
import migrations from "ledge:migrations";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestState } from "../../../lib/backup/state-digest.ts";
import { readExportedStore } from "../../../lib/store/catalogue/catalogue.ts";
import { findRow } from "../../../lib/store/catalogue/operation.ts";
import { LOOK, PROVEN } from "../../../lib/store/catalogue/rows.ts";
import { StoreFault } from "../../../lib/store/sqlite/driver.ts";
import { type NodeDb, openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { migrate, readFormat } from "../../../lib/store/sqlite/migrate.ts";
import { EXIT, Failure } from "../failure.ts";
import { judgeUpgrade, type UpgradeReport } from "./report.ts";

/** Refuses where there is no store, and where the migration does not hold on the copy. */
export async function checkFile(file: string): Promise<UpgradeReport> {
  if (!existsSync(file))
    throw new Failure(EXIT.absent, `there is no store ${file}`, {
      hint: "name the server's file, such as --db /var/lib/ledge/ledge.db",
    });
  const folder = mkdtempSync(join(tmpdir(), "ledge-upgrade-"));
  try {
    const copy = join(folder, "ledge.db");
    const format = await copyStore(file, copy);
    const db = openNodeDb(copy, { mustExist: true });
    try {
      return await tryMigration(db, file, format);
    } finally {
      db.close();
    }
  } catch (cause) {
    if (!(cause instanceof StoreFault)) throw cause;
    throw new Failure(EXIT.fault, `${file} cannot be checked: ${cause.text}`, {
      cause,
      hint: "nothing was changed; docs/recovery.md has the damaged file",
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As it is at one moment, what is in its log among it. Gives the file's format. */
async function copyStore(file: string, copy: string): Promise<number> {
  const db = openNodeDb(file, { readonly: true, mustExist: true });
  try {
    const format = readFormat(db);
    if (format === 0) throw new Failure(EXIT.absent, `${file} holds no store of Ledge`);
    await db.raw.backup(copy);
    return format;
  } finally {
    db.close();
  }
}

async function tryMigration(db: NodeDb, file: string, format: number): Promise<UpgradeReport> {
  // What a newer Ledge wrote is not read by this one.
  if (migrate(db, migrations).ok) await requireSound(db);
  else
    return judgeUpgrade(
      { store: file, format, revision: 0, provenRevision: null, trouble: null },
      migrations,
    );
  const finding = findRow(db, LOOK)?.finding;
  const { revision, pending, adopted } = readExportedStore(db);
  const facts = {
    store: file,
    format,
    revision,
    // A restored store is all of it from the bucket, until its first commit.
    provenRevision: pending && !adopted ? revision : (findRow(db, PROVEN)?.revision ?? null),
    trouble: finding === undefined ? null : `backups have stopped (${finding.kind}): ${finding.detail}`,
  };
  return judgeUpgrade(facts, migrations);
}

/** After the migration: no damage, and every document is what the newest change of its key made it. */
async function requireSound(db: NodeDb): Promise<void> {
  const integrity = String(db.raw.pragma("integrity_check", { simple: true }));
  if (integrity !== "ok") throw new StoreFault(`integrity_check says ${integrity}`);
  const { revision } = readExportedStore(db);
  const [documents, history] = [
    await digestState(db, { kind: "entries" }),
    await digestState(db, { kind: "history", upTo: revision }),
  ];
  if (documents.sha256 !== history.sha256)
    throw new StoreFault("the migrated documents are not what their history says");
}
