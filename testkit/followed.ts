/** Following a bucket in tests: histories with several namespaces, what a store holds of one, and replicas of it. */
import { expect } from "vitest";
import type { BucketSource } from "../lib/backup/follow/bucket-source.ts";
import type { FollowedChanges, FollowedPlace } from "../lib/backup/follow/source.ts";
import { findSnapshot } from "../lib/backup/restore/find-snapshot.ts";
import type { Bucket } from "../lib/bucket/bucket.ts";
import type { ReplicaCommit, ReplicaDocument } from "../lib/store/replica/replica.ts";
import type { Db } from "../lib/store/sqlite/driver.ts";
import { bytes } from "./backup.ts";
import {
  addNamespace,
  addPolicy,
  bootstrap,
  giveToken,
  propose,
  T0,
  type TestChange,
  tokenOf,
} from "./proposals.ts";
import { seededRandom } from "./random.ts";

/** One begins as another does, one sorts before `_system`, and one has no settings but its own. */
export const FOLLOWED = ["shop", "shop-prod", "0shop", "quiet"] as const;

const KINDS = ["channel", "namespace", "policy", "rollout", "schema"];

export const never = new AbortController().signal;
export const asked = { signal: never };

/** A store with the namespaces, settings for some and a token. */
export function beginFollowed(db: Db): void {
  bootstrap(db);
  for (const name of FOLLOWED) addNamespace(db, name);
  addPolicy(db, "shop", { budgets: { keysChanged: 1000 } });
  addPolicy(db, "shop-prod", { budgets: { keysChanged: 1000 } }, "limits/");
}

/** Commits at a second of its own, and gives the revision. */
export function commitAt(db: Db, second: number, ...changes: TestChange[]): number {
  const made = propose(
    db,
    changes.map((one) => ({ if: -1, ...one })),
    { nowMs: T0 + second * 1000, message: `second ${second}` },
  );
  if (!made.ok) throw new Error(`the commit was refused: ${made.code}`);
  return made.revision;
}

/** Commits that a seed gives: updates, ends and second lives, now and then over several namespaces, and tokens. */
export function commitMany(db: Db, { seed, count }: { seed: number; count: number }): void {
  const random = seededRandom(seed);
  for (let n = 0; n < count; n += 1) {
    const changes = new Map<string, TestChange>();
    for (let left = 1 + random.below(3); left > 0; left -= 1) {
      const ns = random.pick(["shop", "shop", "shop-prod", "0shop"]);
      const key = `${random.pick(["limits/", "flags/", "naïve/𐀀"])}${random.below(6)}`;
      const there = db.all("select 1 from entry where namespace=?1 and key=?2", [ns, key]).length > 0;
      const value =
        random.next() < 0.2 ? random.bytes(random.below(90)) : `${seed}.${n}${"x".repeat(random.below(80))}`;
      const ends = there && random.next() < 0.3;
      changes.set(`${ns} ${key}`, ends ? { op: "delete", ns, key } : { op: "put", ns, key, value });
    }
    commitAt(db, seed * 1000 + n, ...changes.values());
    if (n % 11 === 7) giveToken(db, tokenOf("bcdefghijklm"[random.below(12)] ?? "b"), ["read"]);
  }
}

/** What a store holds that belongs to a namespace, in order, told without any of the code that follows. */
export function truthOf(db: Db, namespace: string): ReplicaDocument[] {
  const rows = db.all(
    `select e.namespace, e.key, e.revision, e.created_revision, e.version, e.media_type, c.time_ms, e.value
     from entry e join commits c on c.revision=e.revision
     where e.namespace in (?1,'_system') order by e.namespace, e.key`,
    [namespace],
  );
  const belongs = (key: string) => KINDS.some((kind) => `${key}/`.startsWith(`${kind}/${namespace}/`));
  return rows
    .filter(([of, key]) => of !== "_system" || belongs(String(key)))
    .map(([of, key, revision, created, version, mediaType, modified, value]) => ({
      namespace: String(of),
      key: String(key),
      revision: Number(revision),
      createdRevision: Number(created),
      version: Number(version),
      mediaType: String(mediaType),
      modifiedMs: Number(modified),
      bytes: value instanceof Uint8Array ? new Uint8Array(value) : new Uint8Array(0),
    }));
}

/** Every page of a namespace's state. */
export async function stateOf(
  source: BucketSource,
  namespace: string,
): Promise<{ place: FollowedPlace; documents: ReplicaDocument[]; pages: number }> {
  const documents: ReplicaDocument[] = [];
  for (let next: string | undefined, pages = 1; ; pages += 1) {
    const page = await source.snapshot(namespace, next, never);
    documents.push(...page.documents.map((one) => ({ ...one, bytes: new Uint8Array(one.bytes) })));
    if (page.next === undefined) return { place: page.place, documents, pages };
    next = page.next;
  }
}

/** Every page of what came after a place. */
export async function changesOf(
  source: BucketSource,
  namespace: string,
  after: FollowedPlace,
): Promise<{ place: FollowedPlace; commits: ReplicaCommit[]; pages: FollowedChanges[] }> {
  const pages: FollowedChanges[] = [];
  for (let place = after; ; ) {
    const page = await source.changes(namespace, place, asked);
    pages.push(page);
    place = page.place;
    if (place.revision >= page.head)
      return { place, commits: pages.flatMap(({ commits }) => commits), pages };
  }
}

/** The history of a bucket's newest snapshot, and its revision. */
export async function newestPlace(bucket: Bucket): Promise<FollowedPlace> {
  const found = await findSnapshot(bucket);
  if (!found.ok) throw new Error(found.code);
  const { lineage, revision } = found.value.snapshot.manifest;
  return { lineage, revision };
}

/** What commits make of documents that were there, by key: value and media type. */
export function replayed(
  documents: readonly Pick<ReplicaDocument, "namespace" | "key" | "mediaType" | "bytes">[],
  commits: readonly ReplicaCommit[],
): Map<string, string> {
  const state = new Map(documents.map((one) => [`${one.namespace} ${one.key}`, shownValue(one)]));
  let before = 0;
  for (const { revision, changes } of commits) {
    expect(revision).toBeGreaterThan(before);
    before = revision;
    for (const change of changes) {
      const place = `${change.namespace} ${change.key}`;
      if (change.op !== "put") state.delete(place);
      else state.set(place, shownValue(change));
    }
  }
  return new Map([...state].sort(([left], [right]) => (left < right ? -1 : 1)));
}

function shownValue({
  mediaType,
  bytes: value,
}: {
  mediaType: string;
  bytes: Uint8Array | undefined;
}): string {
  return `${mediaType} ${Buffer.from(value ?? bytes(8)).toString("base64")}`;
}
