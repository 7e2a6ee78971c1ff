/**
 * A database file from a bucket. Promise: the name appears, or changes, only when the file behind it is complete,
 * checked and synced; without `replace` nothing that was there before is touched. A journal that lies beside the
 * name would be played into the new file, so it is refused as well.
 */

import { existsSync } from "node:fs";
import { link, unlink } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { RestoreReport } from "../../../lib/backup/restore/restore.ts";
import { digestState } from "../../../lib/backup/state-digest.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { heldBy, takeStore } from "../../../lib/store/sqlite/owner.ts";
import { EXIT, Failure } from "../failure.ts";
import { refuseInUse, replaceStore, SIBLINGS, syncPath } from "./replace.ts";
import { nameUnfinished, openToReaders } from "./unfinished.ts";
import { fillFile, type RestoreWish, withTemporary } from "./wish.ts";

export interface RestoreToFileOptions extends RestoreWish {
  /** The file to make. */
  readonly to: string;
  /** Takes the place of the store that is there. */
  readonly replace?: boolean | undefined;
}

export interface FileReport extends RestoreReport {
  /** Where the store is that was replaced. */
  readonly keptAs?: string;
}

/** Builds the file. Throws Failure with the exit code and, where there is one, the code of http.md. */
export async function restoreToFile(options: RestoreToFileOptions): Promise<FileReport> {
  const target = resolve(options.to);
  const replaces = options.replace === true && existsSync(target);
  if (replaces) return owning(target, () => build(options, target, replaces));
  refuseTaken(target);
  return build(options, target, replaces);
}

/** Nobody starts on the store while it is replaced. */
async function owning<T>(target: string, work: () => Promise<T>): Promise<T> {
  refuseInUse(target);
  const owned = takeStore(target, "ledge restore");
  if (!owned.ok)
    throw new Failure(EXIT.refused, heldBy(target, owned.holder), { hint: "stop that one first" });
  try {
    return await work();
  } finally {
    owned.release();
  }
}

async function build(options: RestoreToFileOptions, target: string, replaces: boolean): Promise<FileReport> {
  if (!existsSync(dirname(target))) {
    throw new Failure(EXIT.usage, `there is no folder ${dirname(target)}`);
  }
  const temporary = nameUnfinished(target);
  return withTemporary(temporary, async () => {
    const { report, digest } = await fillFile(temporary, options, replaces);
    openToReaders(temporary, target);
    syncPath(temporary);
    if (!replaces) {
      await giveName(temporary, target);
      return report;
    }
    const keptAs = replaceStore(temporary, target, Date.now());
    await checkAgain(target, digest);
    return { ...report, keptAs };
  });
}

function refuseTaken(target: string): void {
  for (const name of [target, ...SIBLINGS.map((suffix) => `${target}${suffix}`)]) {
    if (!existsSync(name)) continue;
    const hint =
      name === target
        ? "restoring never overwrites: choose another name, or say --replace"
        : "a journal left beside the name would be played into the new file: move it away first";
    throw new Failure(EXIT.refused, `${name} exists`, { hint });
  }
}

/** Links without ever replacing, and syncs the folder so that the name survives too. */
async function giveName(temporary: string, target: string): Promise<void> {
  refuseTaken(target);
  await link(temporary, target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") refuseTaken(target);
    throw error;
  });
  await unlink(temporary);
  syncPath(dirname(target));
}

/** What stands at the name now is what was checked before it got the name. */
async function checkAgain(target: string, digest: string): Promise<void> {
  const db = openNodeDb(target, { mustExist: true });
  try {
    const { sha256 } = await digestState(db, { kind: "entries" });
    if (sha256 !== digest) throw new Failure(EXIT.fault, `${target} is not what was restored`);
  } finally {
    db.close();
  }
}
