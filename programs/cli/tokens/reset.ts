/**
 * A root token in a store that no server has open. Promise: the secret is in a file of its owner before the store knows
 * its digest, so that no failure leaves a token that nobody holds; the commit names who did it.
 */
import migrations from "ledge:migrations";
import { randomBytes } from "node:crypto";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import type { Proposal } from "../../../lib/core/commit/proposal.ts";
import { formatToken, newToken, rootDocument, secretDigest, tokenKey } from "../../../lib/core/token.ts";
import { encodeUtf8 } from "../../../lib/core/utf8.ts";
import { commit } from "../../../lib/store/commit/commit.ts";
import { StoreFault } from "../../../lib/store/sqlite/driver.ts";
import { type NodeDb, openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { migrate } from "../../../lib/store/sqlite/migrate.ts";
import { heldBy, takeStore } from "../../../lib/store/sqlite/owner.ts";
import { EXIT, Failure } from "../failure.ts";
import { refuseInUse } from "../restore/replace.ts";

const LOCK_WAIT_MS = 2000;

export interface ResetToken {
  readonly accessor: string;
  readonly revision: number;
  /** Where the token is. */
  readonly file: string;
  /** Where the former one is now. */
  readonly aside: string | undefined;
}

/** Refuses where there is no store, where a process has it open, and where it takes no commits at all. */
export function resetToken(dataDir: string, name: string): ResetToken {
  const store = join(dataDir, "ledge.db");
  if (!existsSync(store))
    throw new Failure(EXIT.absent, `there is no store ${store}`, {
      hint: "name the server's data folder with --data",
    });
  refuseInUse(store);
  const owned = takeStore(store, "ledge token reset");
  if (!owned.ok)
    throw new Failure(EXIT.refused, heldBy(store, owned.holder), { hint: "stop that one first" });
  try {
    return makeToken(dataDir, store, name);
  } finally {
    owned.release();
  }
}

function makeToken(dataDir: string, store: string, name: string): ResetToken {
  const token = newToken((length) => randomBytes(length));
  const file = join(dataDir, "admin-token");
  const pending = `${file}.reset-${token.accessor}`;
  writeFileSync(pending, `${formatToken(token)}\n`, { mode: 0o600, flag: "wx" });
  try {
    const document = { accessor: token.accessor, name, digest: secretDigest(token.secret) };
    const revision = withStore(store, (db) => commitToken(db, document));
    return { accessor: token.accessor, revision, file, aside: giveName(pending, file) };
  } catch (error) {
    rmSync(pending, { force: true });
    throw error;
  }
}

function withStore<T>(file: string, work: (db: NodeDb) => T): T {
  try {
    const db = openNodeDb(file, { mustExist: true, busyTimeoutMs: LOCK_WAIT_MS });
    try {
      return work(db);
    } finally {
      db.close();
    }
  } catch (cause) {
    if (!(cause instanceof StoreFault)) throw cause;
    throw new Failure(EXIT.fault, `${file} cannot be written: ${cause.text}`, {
      cause,
      hint: "a damaged file is restored with `ledge restore --to FILE --replace --new-root FILE`",
    });
  }
}

function commitToken(
  db: NodeDb,
  { accessor, name, digest }: { readonly accessor: string; readonly name: string; readonly digest: string },
): number {
  const migrated = migrate(db, migrations);
  if (!migrated.ok) throw new Failure(EXIT.refused, "the store was written by a newer Ledge");
  const nowMs = Date.now();
  const made = commit(db, proposalOf(accessor, { name, digest, nowMs }));
  if (made.ok) return made.revision;
  throw new Failure(EXIT.refused, `the store takes no token: ${made.detail ?? made.code}`, {
    code: made.code,
    hint: made.code === "read_only" ? "it is stopped: docs/recovery.md says how to go on" : undefined,
  });
}

function proposalOf(
  accessor: string,
  { name, digest, nowMs }: { readonly name: string; readonly digest: string; readonly nowMs: number },
): Proposal {
  const body = encodeUtf8(JSON.stringify(rootDocument({ name, digest }, { creator: "_reset", nowMs })));
  return {
    proposer: { kind: "reserved", actor: "_reset" },
    door: "admin",
    nowMs,
    requestId: null,
    message: `ledge token reset by ${userName()} on ${hostname()}`,
    author: null,
    meta: null,
    trace: null,
    ops: [
      {
        op: "put",
        namespace: "_auth",
        key: tokenKey(accessor),
        mediaType: "application/json",
        ifRevision: 0,
        ifLineage: null,
        at: 0,
        size: body.length,
        text: true,
      },
    ],
    body,
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without a name, as in some containers.
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}

/** The former token may still work elsewhere, and is kept. */
function giveName(pending: string, file: string): string | undefined {
  const aside = existsSync(file)
    ? `${file}-until-${new Date().toISOString().replaceAll(":", "-")}`
    : undefined;
  if (aside !== undefined) renameSync(file, aside);
  renameSync(pending, file);
  return aside;
}
