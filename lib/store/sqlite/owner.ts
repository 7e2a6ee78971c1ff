/**
 * One owner a store: a lock on a small file beside the database, held for as long as a process owns the store. Promise:
 * the kernel frees it when the process dies, and it holds across containers, where a process id in a file would not.
 * Who holds it stands in a second file, for a message only.
 */
import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import Database from "better-sqlite3";
import * as z from "zod/mini";
import { withBinding } from "./no-binding.ts";

const Holder = z.object({ pid: z.number(), host: z.string(), since: z.string(), command: z.string() });
export type Holder = z.infer<typeof Holder>;

export type Owned =
  | {
      readonly ok: true;
      /** Gives the store back. */
      release(): void;
      /** Takes the lock's file away where this call made it, so that nothing tells of it. Before `release`. */
      unmake(): void;
    }
  /** `holder` as it wrote it down; undefined when that cannot be read. */
  | { readonly ok: false; readonly holder: Holder | undefined };

/** Takes the store of this file for `command`, or says who has it. Throws when the folder cannot be written. */
export function takeStore(databaseFile: string, command: string): Owned {
  const file = `${databaseFile}.owner`;
  const isNew = !existsSync(file);
  const lock = lockFile(file);
  if (lock === undefined) return { ok: false, holder: readHolder(databaseFile) };
  const note = noteFile(databaseFile);
  const holder: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString(), command };
  writeFileSync(note, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  return {
    ok: true,
    release() {
      rmSync(note, { force: true });
      lock.close();
    },
    unmake() {
      if (isNew) rmSync(file, { force: true });
    },
  };
}

/**
 * Undefined where somebody else has it. Whoever takes a store may remove the file again, so the one that was locked has to
 * be the one that stands at the name.
 */
function lockFile(file: string): Database.Database | undefined {
  for (;;) {
    makeFile(file);
    const { ino } = statSync(file, { throwIfNoEntry: false }) ?? { ino: -1 };
    const lock = withBinding(() => new Database(file, { timeout: 0 }));
    try {
      lock.exec("begin exclusive");
    } catch (error) {
      lock.close();
      if (error instanceof Error && "code" in error && error.code === "SQLITE_BUSY") return undefined;
      throw error;
    }
    if (statSync(file, { throwIfNoEntry: false })?.ino === ino) return lock;
    lock.close();
  }
}

/**
 * Makes the file where it is not there. One that is there is not opened: closing it would give away whatever lock this
 * process has on it (fcntl(2)).
 */
function makeFile(file: string): void {
  try {
    closeSync(openSync(file, "wx"));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}

/** A sentence about who has a store. */
export function heldBy(databaseFile: string, holder: Holder | undefined): string {
  if (holder === undefined) return `${databaseFile} is in use by another process.`;
  const { command, pid, host, since } = holder;
  return `${databaseFile} is in use: ${command} (process ${pid} on ${host}) has had it since ${since}.`;
}

function noteFile(databaseFile: string): string {
  return `${databaseFile}.owner.json`;
}

function readHolder(databaseFile: string): Holder | undefined {
  const note = noteFile(databaseFile);
  if (!existsSync(note)) return undefined;
  try {
    return Holder.parse(JSON.parse(readFileSync(note, "utf8")));
  } catch {
    // Half written, or not ours; the lock alone decides.
    return undefined;
  }
}
