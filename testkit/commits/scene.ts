/**
 * What a process that commits is given, and what its store may hold afterwards: the state before, and the one after
 * each commit, by running the same commits in this process.
 */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";
import { VERBS } from "../../lib/core/grant.ts";
import { formatToken, newToken } from "../../lib/core/token.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { handlersOf } from "../handlers.ts";
import { addNamespace, bootstrap, giveToken, propose, T0 } from "../proposals.ts";
import { checkStore, committedMigrations, openTestStore } from "../store.ts";
import { worldOver } from "../world.ts";
import { type CommitAsk, type Said, sendCommit } from "./ask.ts";

export const NOW_MS = T0 + 60_000;
const { write: handle } = handlersOf(committedMigrations());

export interface CommitScene {
  /** The file as it is before the first commit. */
  readonly image: Buffer;
  readonly asks: readonly CommitAsk[];
  /** What each is answered. */
  readonly answers: readonly Said[];
  /** All that the store holds before the first commit and after each, but for ids, which are drawn. */
  readonly states: readonly unknown[];
}

/** A store with a namespace, some documents and a token that may do everything. */
export function makeCommitScene({ pendingEpoch }: { pendingEpoch: boolean }): CommitScene {
  const { db, file } = openTestStore();
  const token = newToken((length) => randomBytes(length));
  bootstrap(db);
  addNamespace(db, "shop");
  giveToken(db, token, VERBS);
  for (const key of ["kept", "changed", "gone"])
    propose(db, [{ op: "put", ns: "shop", key, value: key.repeat(3000) }]);
  if (pendingEpoch)
    db.all("update store set pending_lineage=?, pending_epoch=1, pending_first=?", [
      "f".repeat(32),
      2 ** 40 + 77,
    ]);
  const image = readFileSync(file);
  const asks = asksBy(formatToken(token));
  const states = [stateOf(db)];
  const answers = asks.map((ask) => {
    const said = send(db, ask);
    states.push(stateOf(db));
    if (said.status !== 200) throw new Error(`the scene: ${said.text}`);
    return said;
  });
  return { image, asks, answers, states };
}

/** Two commits: one of every kind of change, over more pages than one, and one after it. */
function asksBy(token: string): CommitAsk[] {
  const of = (key: string) => ({ namespace: "shop", key });
  const text = (length: number) => ({ mediaType: "text/plain", text: "v".repeat(length) });
  const first = [
    { op: "put", ...of("new"), ...text(9000), ifRevision: 0 },
    { op: "put", ...of("changed"), ...text(5000), ifRevision: "any" },
    { op: "delete", ...of("gone"), ifRevision: "any" },
    { op: "check", ...of("absent"), ifRevision: 0 },
  ];
  const second = [{ op: "put", ...of("later"), ...text(10), ifRevision: 0 }];
  return [first, second].map((changes, at) => ({ token, id: `ask-${at}`, body: { changes } }));
}

export function send(db: Db, ask: CommitAsk): Said {
  return sendCommit(handle, worldOver(db, { nowMs: () => NOW_MS }), ask);
}

/** Every row of every table, in an order that a plan cannot change. */
export function stateOf(db: Db): unknown {
  const tables = db
    .all("select name from sqlite_master where type='table' order by name")
    .map(([name]) => name);
  return tables.map((table) => {
    const columns = db.all("select name from pragma_table_info(?) order by cid", [String(table)]).flat();
    const compared = columns.filter((column) => table !== "commits" || column !== "id");
    const rows = db.all(`select ${compared.join(", ")} from ${table}`);
    return [table, rows.map((row) => JSON.stringify(row)).sort()];
  });
}

export function writeScene({ image }: CommitScene, file: string): void {
  writeFileSync(file, image);
}

/**
 * Judges the file that a process left: it is sound, it is the state after some of the commits, all that were
 * acknowledged among them, and each sent again is told what it would have been. Gives how many were there.
 */
export function expectWhole(scene: CommitScene, file: string, said: readonly Said[]): number {
  const db = openNodeDb(file, { mustExist: true });
  try {
    checkStore(db);
    const state = stateOf(db);
    const made = scene.states.findIndex((one) => JSON.stringify(one) === JSON.stringify(state));
    if (made < 0) expect(state).toEqual(scene.states.at(-1));
    const acknowledged = said.filter(({ status }) => status === 200);
    expect(acknowledged).toEqual(scene.answers.slice(0, acknowledged.length));
    expect(made).toBeGreaterThanOrEqual(acknowledged.length);
    // Whoever was not answered may have come one further, never two.
    expect(made).toBeLessThanOrEqual(acknowledged.length + 1);
    expect(scene.asks.map((ask) => send(db, ask))).toEqual(scene.answers);
    expect(stateOf(db)).toEqual(scene.states.at(-1));
    checkStore(db);
    return made;
  } finally {
    db.close();
  }
}
