/**
 * The history in a bucket, checked from outside: the newest snapshot's commits in order, then every restore point that
 * stands: its parent by hash, its segments as a chain, its commits against the newest snapshot's. Promise: all that is
 * wrong is named, also after a first fault. It asks nobody but the bucket, so who may write there and rewrites all of it,
 * head included, is found by signatures alone.
 */
import { listManifests } from "../../../lib/backup/histories/branches.ts";
import { type Bucket, isDamage } from "../../../lib/bucket/bucket.ts";
import { readLineageHead } from "../../../lib/snapshot/heads.ts";
import { headName, parseManifestName } from "../../../lib/snapshot/names.ts";
import { type Reading, type ReadManifest, readManifest } from "../../../lib/snapshot/read.ts";
import { AuditedHistory, type Break } from "./history.ts";
import { readBaseCommits, readSegmentCommits } from "./read-commits.ts";

export interface AuditedBucket {
  readonly history: AuditedHistory;
  readonly breaks: readonly Break[];
  /** Restore points that were read. */
  readonly points: number;
  /** Names of restore points that others follow and that are not there: pruning takes them, and a thief would. */
  readonly gone: readonly string[];
  readonly objects: number;
}

export async function checkHistory(
  bucket: Bucket,
  newest: ReadManifest,
  reading: Reading,
): Promise<AuditedBucket> {
  const audit = new Audit(bucket, newest, reading);
  await audit.newestSnapshot();
  await audit.head();
  await audit.points();
  return audit.result();
}

class Audit {
  readonly #bucket: Bucket;
  readonly #newest: ReadManifest;
  readonly #reading: Reading;
  readonly #history: AuditedHistory;
  readonly #breaks: Break[] = [];
  /** By name, the hash by which an object was read. */
  readonly #read = new Map<string, string>();
  readonly #points = new Map<string, ReadManifest>();
  readonly #gone = new Set<string>();

  constructor(bucket: Bucket, newest: ReadManifest, reading: Reading) {
    this.#bucket = bucket;
    this.#newest = newest;
    this.#reading = reading;
    this.#history = new AuditedHistory(newest.manifest.ancestry);
  }

  result(): AuditedBucket {
    const said = new Set<string>();
    const breaks = this.#breaks.filter(({ object, what }) => {
      const fresh = !said.has(`${object} ${what}`);
      said.add(`${object} ${what}`);
      return fresh;
    });
    const points = this.#points.size;
    return { history: this.#history, breaks, points, gone: [...this.#gone], objects: this.#read.size };
  }

  /** All commits there are, in order, up to the tip. */
  async newestSnapshot(): Promise<void> {
    const { name, manifest, segments, base } = this.#newest;
    const add = (object: string, commits: Parameters<AuditedHistory["add"]>[1][]) => {
      for (const commit of commits) this.#note(this.#history.add(object, commit));
    };
    await this.#guardedHistory(base?.revision ?? null, async () => {
      for await (const { object, commits } of readBaseCommits(this.#bucket, this.#newest, this.#reading))
        add(object, [...commits]);
    });
    if (base !== undefined) this.#read.set(base.name, base.sha256);
    for (const one of segments) {
      await this.#guardedHistory(one.segment.after + 1, async () => {
        const { object, commits } = await readSegmentCommits(
          this.#bucket,
          manifest.lineage,
          one,
          this.#reading,
        );
        add(object, [...commits]);
      });
      this.#read.set(one.segment.name, one.segment.sha256);
    }
    this.#note(this.#history.compareTip(name, manifest.revision, manifest.tip));
  }

  /** The head is changed with each backup, and is looked at and never believed: it names the newest or an older one. */
  async head(): Promise<void> {
    const { lineage, revision } = this.#newest.manifest;
    const head = await readLineageHead(this.#bucket, lineage);
    if (head === undefined) return;
    const { name, sha256 } = head.manifest;
    if (name === this.#newest.name && sha256 !== this.#newest.sha256)
      this.#breaks.push({ object: name, revision, what: `${headName(lineage)} names it by another hash` });
    if (head.revision > revision)
      this.#breaks.push({ object: name, revision: head.revision, what: "the head names it, and it is gone" });
  }

  /** Every restore point of this life and of those before it, as far as they lead to it. */
  async points(): Promise<void> {
    const { ancestry } = this.#newest.manifest;
    for (const [at, { lineage }] of ancestry.entries()) {
      const end = ancestry[at + 1]?.parentRevision ?? Number.POSITIVE_INFINITY;
      const names = (await listManifests(this.#bucket, lineage)).filter(
        (name) => (parseManifestName(name)?.revision ?? 0) <= end,
      );
      for (const name of names) await this.#pointThatStays(lineage, name);
    }
    for (const point of this.#points.values()) this.#parentOf(point);
  }

  /** A store may prune meanwhile: what went with its manifest is no break. */
  async #pointThatStays(lineage: string, name: string): Promise<void> {
    const before = this.#breaks.length;
    await this.#point(name);
    if (this.#breaks.length === before) return;
    if ((await listManifests(this.#bucket, lineage)).includes(name)) return;
    this.#breaks.length = before;
    this.#points.delete(name);
  }

  async #point(name: string): Promise<void> {
    const revision = parseManifestName(name)?.revision ?? null;
    await this.#guarded(revision, async () => {
      const point = await readManifest(this.#bucket, name, undefined, this.#reading);
      this.#points.set(name, point);
      const { manifest, segments } = point;
      this.#note(this.#history.compareTip(name, manifest.revision, manifest.tip));
      for (const one of segments) await this.#segmentOf(point, one);
    });
  }

  /** A segment is read once; another point that names it says the same hash. */
  async #segmentOf({ name, manifest }: ReadManifest, one: ReadManifest["segments"][number]): Promise<void> {
    const { segment } = one;
    const known = this.#read.get(segment.name);
    if (known !== undefined) {
      if (known !== segment.sha256)
        this.#breaks.push({
          object: segment.name,
          revision: segment.after + 1,
          what: `${name} names it by another hash`,
        });
      return;
    }
    this.#read.set(segment.name, segment.sha256);
    await this.#guarded(segment.after + 1, async () => {
      const read = await readSegmentCommits(this.#bucket, manifest.lineage, one, this.#reading);
      for (const commit of read.commits) this.#note(this.#history.compare(read.object, commit));
    });
  }

  #parentOf({ name, manifest: { parent, revision } }: ReadManifest): void {
    if (parent === null) return;
    const found = this.#points.get(parent.name);
    if (found === undefined) this.#gone.add(parent.name);
    else if (found.sha256 !== parent.sha256)
      this.#breaks.push({
        object: parent.name,
        revision: found.manifest.revision,
        what: `${name}, which follows it at revision ${revision}, names it by another hash`,
      });
  }

  #note(found: Break | undefined): void {
    if (found !== undefined) this.#breaks.push(found);
  }

  /** The same for commits of the newest snapshot: those behind are not to be blamed. */
  async #guardedHistory(revision: number | null, work: () => Promise<void>): Promise<void> {
    if (!(await this.#guarded(revision, work))) this.#history.tear();
  }

  /** Damage is a break, and the check goes on behind it. False: there was some. */
  async #guarded(revision: number | null, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!isDamage(error)) throw error;
      const { object, detail } = error;
      this.#breaks.push({ object, revision, what: detail.replace(`${object}: `, "") });
      return false;
    }
  }
}
