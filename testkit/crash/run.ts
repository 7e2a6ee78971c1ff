/**
 * Operations killed in a process of their own, and what must hold afterwards: the file opens, nothing that was
 * acknowledged is gone, the newest restore point restores to what the store was, the auditor has nothing to say,
 * and the same operation asked again comes to its end.
 */

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { findPosition } from "../../lib/store/catalogue/catalogue.ts";
import { readProvenRevision } from "../../lib/store/catalogue/status.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import { type NodeDb, openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { expectSame, openQuickStore, restore } from "../backup.ts";
import { memoryBucket } from "../bucket.ts";
import { bucketSettingsOf } from "../bucket-settings.ts";
import { bundled } from "../bundle.ts";
import { type AuditFinding, audit, isManifest } from "../chaos/audit.ts";
import { sentOf } from "../chaos/journal.ts";
import { type ChaosServer, startChaos } from "../chaos/server.ts";
import { chaosBucket } from "../chaos.ts";
import { endLease } from "../operation.ts";
import { finish, temporaryFolder } from "../processes.ts";
import { checkStore } from "../store.ts";
import type { At, ChildOrder, ChildReport } from "./child.ts";
import { type Ordered, perform, SECRET, SECRET_KEY } from "./operations.ts";
import type { Scene } from "./scenes.ts";

const PREFIX = "ledge/";
const NOWHERE: At = { kind: "nowhere" };
/** A copy of a scene: a store file, and a server that holds the objects. */
export interface CrashStage {
  readonly scene: Scene;
  readonly file: string;
  readonly server: ChaosServer;
  close(): Promise<void>;
}

export async function setStage(scene: Scene): Promise<CrashStage> {
  const folder = temporaryFolder("crash");
  const file = join(folder.path, "ledge.db");
  writeFileSync(file, scene.image);
  const server = await startChaos();
  const [manifests, others] = [true, false].map((wanted) =>
    [...scene.objects].filter(([name]) => isManifest(name) === wanted),
  );
  // As the exporter wrote them, so that the auditor's journal begins with the bucket's beginning.
  for (const [own, bytes] of [...(others ?? []), ...(manifests ?? [])]) {
    const name = PREFIX + own;
    server.objects.put(name, bytes, "application/octet-stream", new Date(0));
    const effect = { kind: "put" as const, bytes };
    const plain = { query: {}, headers: {}, code: undefined, fault: undefined };
    server.journal.add({ ...plain, method: "PUT", name, sent: sentOf(bytes), effect, status: 200 });
  }
  const close = async () => {
    await server.stop();
    folder.remove();
  };
  return { scene, file, server, close };
}

export interface ChildEnd {
  readonly killed: boolean;
  /** What it said at its end; undefined when it was killed. */
  readonly report: ChildReport | undefined;
}

export interface RunningChild {
  readonly pid: number;
  readonly end: Promise<ChildEnd>;
}

export interface ChildOptions {
  readonly at?: At;
  /** What runs it: strace and its arguments. */
  readonly under?: readonly string[];
}

/** Starts the operation in a process of its own. Rejects when that ends in any other way than those two. */
export async function startChild(
  { scene, file, server }: CrashStage,
  { at = NOWHERE, under = [] }: ChildOptions = {},
): Promise<RunningChild> {
  const order: ChildOrder = { file, settings: bucketSettingsOf(server), ordered: scene.ordered, at };
  const [program = "", ...args] = [
    ...under,
    process.execPath,
    await bundled("testkit/crash/child.ts"),
    JSON.stringify(order),
  ];
  const running = spawn(program, args);
  const end = finish(running).then(({ status, signal, stdout, stderr }): ChildEnd => {
    if (signal === "SIGKILL" || status === 137) return { killed: true, report: undefined };
    if (status === 0) return { killed: false, report: JSON.parse(stdout) };
    throw new Error(`the child ended with ${status ?? signal}\n${stdout}\n${stderr}`);
  });
  const { pid } = running;
  if (pid !== undefined) return { pid, end };
  // Any number in its place would signal somebody else.
  await end;
  throw new Error("a child without a process id has ended well");
}

/** Runs it to its end, or to its death. */
export async function runChild(stage: CrashStage, options?: ChildOptions): Promise<ChildEnd> {
  return (await startChild(stage, options)).end;
}

/** Judges what the killed process left, does the operation again, and judges that. */
export async function expectRecovers(stage: CrashStage): Promise<void> {
  const db = openNodeDb(stage.file, { mustExist: true });
  try {
    await expectTrue(stage, db);
    // The time of whoever held the lease is over.
    endLease(db);
    await perform(db, chaosBucket(stage.server, {}, { timeoutMs: 20_000, pauseMs: 2 }), stage.scene.ordered);
    await expectTrue(stage, db);
    await expectEnded(stage, db);
  } finally {
    db.close();
  }
}

function offences({ journal, objects }: ChaosServer) {
  return audit(journal.entries, { prefix: PREFIX, state: objects.state() });
}

/**
 * A manifest that came too late, from an exporter that slept: nothing can stop a request that is on its way, so it
 * named what was gone for a moment, and was taken away by who had written it.
 */
function isTakenBack({ offence, detail }: AuditFinding, state: ReadonlyMap<string, Uint8Array>): boolean {
  return offence === "names_absent" && !state.has(PREFIX + detail.split(" ")[0]);
}

/** What holds at every moment, whatever was cut. */
export async function expectTrue(
  { scene, server }: CrashStage,
  db: NodeDb,
  { slept }: { slept: boolean } = { slept: false },
): Promise<void> {
  checkStore(db);
  const state = server.objects.state();
  expect(offences(server).filter((finding) => !slept || !isTakenBack(finding, state))).toEqual([]);
  await withBeginning(scene, async (beginning) => {
    expectAcknowledged(scene, beginning, db);
    const objects = objectsOf(server);
    if (![...objects.keys()].some(isManifest)) {
      expect([findPosition(db), readProvenRevision(db)]).toEqual([undefined, null]);
      return;
    }
    const copy = openQuickStore();
    const { revision } = await restore(copy.db, memoryBucket(objects));
    const position = findPosition(db);
    expect(revision).toBeGreaterThanOrEqual(Math.max(position?.revision ?? 0, readProvenRevision(db) ?? 0));
    expectRestored(scene, { copy: copy.db, revision, db });
    copy.close();
  });
}

/** Every commit that had been acknowledged stands, and its changes: all but what a purge was asked to erase. */
function expectAcknowledged({ revision, ordered }: Scene, beginning: Db, db: Db): void {
  const sql =
    "select revision, id, time_ms, actor, message, changes from commits where revision<=?1 order by revision";
  expect(db.all(sql, [revision])).toEqual(beginning.all(sql, [revision]));
  expect(changesUpTo(db, revision, ordered)).toEqual(changesUpTo(beginning, revision, ordered));
}

/** The history up to a revision; a value that is being purged is there or erased, here and there. */
function changesUpTo(db: Db, revision: number, { operation }: Ordered) {
  const hidden = operation === "purge" || operation === "leak" ? SECRET_KEY : "";
  return db.all("select * from change where revision<=?1 and key<>?2 order by namespace, key, revision", [
    revision,
    hidden,
  ]);
}

/** The restored store is the live one at that revision. What a fork's other branch holds is not ours to judge. */
function expectRestored(
  { revision: begun, ordered }: Scene,
  { copy, revision, db }: { copy: Db; revision: number; db: Db },
): void {
  if (ordered.operation === "adopt" && revision <= begun) return;
  expect(changesUpTo(copy, revision, ordered)).toEqual(changesUpTo(db, revision, ordered));
  if (ordered.operation !== "purge" || revision <= begun) return;
  expect(copy.all("select 1 from entry where key=?1", [SECRET_KEY])).toEqual([]);
}

/** After the second run: the bucket has the whole store, and nothing is left lying about. */
export async function expectEnded({ scene, server }: CrashStage, db: NodeDb): Promise<void> {
  const objects = objectsOf(server);
  const copy = openQuickStore();
  await restore(copy.db, memoryBucket(objects));
  expectSame(copy.db, db);
  copy.close();
  const head = Number(db.all("select revision from store")[0]?.[0]);
  expect([findPosition(db)?.revision, readProvenRevision(db)]).toEqual([head, head]);
  expect(db.all("select count(*) from backup_run where state='started'")).toEqual([[0]]);
  expect(db.all("select count(*) from backup_object where doomed_ms=0")).toEqual([[0]]);
  if (scene.ordered.operation === "purge") expect(holdersOf(SECRET, objects)).toEqual([]);
}

export function objectsOf(server: ChaosServer): Map<string, Uint8Array> {
  return new Map([...server.objects.state()].map(([name, bytes]) => [name.slice(PREFIX.length), bytes]));
}

export function holdersOf(text: string, objects: ReadonlyMap<string, Uint8Array>): string[] {
  return [...objects].flatMap(([name, bytes]) => {
    const content = name.endsWith(".gz") ? gunzipSync(bytes) : Buffer.from(bytes);
    return content.includes(text) ? [name] : [];
  });
}

/** The store as it was when the operation began. */
async function withBeginning(scene: Scene, work: (beginning: Db) => Promise<void>): Promise<void> {
  const folder = temporaryFolder("beginning");
  const file = join(folder.path, "ledge.db");
  writeFileSync(file, scene.image);
  const beginning = openNodeDb(file);
  try {
    await work(beginning);
  } finally {
    beginning.close();
    folder.remove();
  }
}
