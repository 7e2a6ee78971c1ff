/**
 * The file that a restore fills before it takes its name. Promise: nobody but its owner can read it, and what a restore
 * left behind that was killed is taken away by the next one to the same name; never what another is filling.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, closeSync, existsSync, openSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { lockWhole } from "../../../lib/store/restore/replace.ts";
import { faultKind, StoreFault } from "../../../lib/store/sqlite/driver.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { listOpenElsewhere } from "./open-elsewhere.ts";
import { SIBLINGS } from "./replace.ts";

/** A name beside the target, in a folder that is there, once what others left there is gone. */
export function nameUnfinished(target: string): string {
  removeLeftovers(target);
  return join(dirname(target), `${beginningOf(target)}${randomBytes(6).toString("hex")}.restoring`);
}

/** Makes the empty file, right before it is opened as a database: one that nobody has open is a leftover. */
export function makeUnfinished(file: string): void {
  closeSync(openSync(file, "wx", 0o600));
}

/** Before it takes its name: the mode of the file that it replaces, or of any new file. */
export function openToReaders(file: string, target: string): void {
  chmodSync(file, existsSync(target) ? statSync(target).mode & 0o777 : 0o666 & ~process.umask());
}

function beginningOf(target: string): string {
  return `.${basename(target)}.`;
}

function removeLeftovers(target: string): void {
  const beginning = beginningOf(target);
  for (const name of readdirSync(dirname(target))) {
    if (!name.startsWith(beginning) || !/^[0-9a-f]{12}\.restoring$/.test(name.slice(beginning.length)))
      continue;
    const file = join(dirname(target), name);
    if (isBeingFilled(file)) continue;
    for (const suffix of ["", ...SIBLINGS]) rmSync(`${file}${suffix}`, { force: true });
  }
}

/** A restore is one transaction, so its lock says it where the system does not. */
function isBeingFilled(file: string): boolean {
  if (listOpenElsewhere(file).length > 0) return true;
  try {
    const db = openNodeDb(file, { mustExist: true, busyTimeoutMs: 0 });
    try {
      lockWhole(db);
      return false;
    } finally {
      db.close();
    }
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    return faultKind(error) === "busy";
  }
}
