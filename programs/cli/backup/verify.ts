/**
 * Looking at a bucket from outside: what a snapshot consists of, one object against the manifest that names it, and
 * a whole snapshot replayed in a scratch file whose digest is compared. Writes nothing that stays.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RestoreNews } from "../../../lib/backup/restore/restore.ts";
import { digestState } from "../../../lib/backup/state-digest.ts";
import type { Bucket } from "../../../lib/bucket/bucket.ts";
import { formatTime } from "../../../lib/core/time.ts";
import { manifestsPrefix, parseManifestName, parseObjectName } from "../../../lib/snapshot/names.ts";
import {
  type Reading,
  type ReadManifest,
  readableManifest,
  readBaseIndex,
  readIndex,
  readManifest,
  readPart,
  readSegment,
} from "../../../lib/snapshot/read.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { EXIT, Failure } from "../failure.ts";
import { countWords, formatBytes, printJson, sayDone } from "../output.ts";
import { openProgress, sayBytes } from "../progress.ts";
import { failureOf, fillFile, type RestoreWish, withSnapshot } from "../restore/wish.ts";
import { printTable } from "../table.ts";
import { wholeNumber } from "../whole-number.ts";
import { readDamage } from "./known-damage.ts";
import { readReading } from "./reading.ts";
import { type BucketFlags, openNamedBucket } from "./source.ts";

export interface VerifyOptions extends BucketFlags {
  readonly branch?: string;
  readonly revision?: string;
  readonly trust?: readonly string[];
  readonly store?: string;
  readonly output: "table" | "text" | "json";
}

interface Opened {
  readonly bucket: Bucket;
  readonly reading: Reading;
  readonly wish: RestoreWish;
  /** The live store beside the bundled bucket, when it is there. */
  readonly storeFile: string | undefined;
}

/** The bucket that the options name, and how it is read; faults become Failures. */
export async function withBucketSource<T>(
  options: VerifyOptions,
  dataDir: string,
  work: (opened: Opened) => Promise<T>,
): Promise<T> {
  const revision = wholeNumber("--revision", options.revision);
  const reading = readReading(options.trust);
  const source = await openNamedBucket(options, dataDir);
  try {
    const { bucket, storeFile } = source;
    return await work({
      bucket,
      reading,
      storeFile,
      wish: { bucket, reading, revision, branch: options.branch },
    });
  } catch (error) {
    throw failureOf(error);
  } finally {
    await source.stop();
  }
}

/** Prints the manifest in words, and its objects. */
export function showSnapshot(options: VerifyOptions, dataDir: string): Promise<void> {
  return withBucketSource(options, dataDir, async ({ bucket, reading, wish, storeFile }) => {
    const { snapshot, others, damaged, index } = await withSnapshot(wish, async (found) => ({
      ...found,
      index: await readIndex(bucket, found.snapshot, reading),
    }));
    const { manifest } = snapshot;
    const known = readDamage(options.store ?? storeFile);
    const objects = [...manifest.objects, ...(index?.parts ?? [])].map(
      ({ name, kind, sizeBytes, rawBytes, sha256, keyId }) => {
        const foundMs = known.get(name);
        const damage = foundMs === undefined ? {} : { damaged: formatTime(foundMs) };
        return { name, kind, sizeBytes, rawBytes, sha256, keyId, ...damage };
      },
    );
    if (options.output === "json")
      return printJson({ name: snapshot.name, sha256: snapshot.sha256, manifest, objects });
    printTable(
      ["", ""],
      [
        ["manifest", snapshot.name],
        ["revision", `${manifest.revision} of lineage ${manifest.lineage}, epoch ${manifest.epoch}`],
        ["made", manifest.created],
        ["follows", manifest.parent?.name ?? "nothing: it is the first"],
        [
          "state digest",
          manifest.digest === null
            ? "none: linked by hashes"
            : `at revision ${manifest.digest.revision}: ${manifest.digest.sha256}`,
        ],
        ...damaged.map((name) => ["damaged", `${name}: this is another snapshot of the revision`]),
        ...(manifest.sealed ? [["sealed", "nothing comes after it in this epoch"]] : []),
        ...manifest.supersedes.map(({ from, to, why }) => ["replaces", `revisions ${from} to ${to}: ${why}`]),
        ...others.map(({ branch, revision, epoch }) => [
          "also there",
          `branch ${branch}, epoch ${epoch}, revision ${revision}`,
        ]),
      ],
    );
    printTable(
      ["OBJECT", "KIND", "SIZE", "UNPACKED", "KEY"],
      objects.map(({ name, kind, sizeBytes, rawBytes, keyId, damaged }) => [
        name,
        damaged === undefined ? kind : `${kind}, damaged`,
        formatBytes(sizeBytes),
        formatBytes(rawBytes),
        keyId ?? "",
      ]),
    );
  });
}

/** Replays the snapshot in a scratch file, every object checked, and compares what can be compared. */
export function verifySnapshot(options: VerifyOptions, dataDir: string): Promise<void> {
  return withBucketSource(options, dataDir, async ({ wish, storeFile }) => {
    const scratch = mkdtempSync(join(tmpdir(), "ledge-verify-"));
    const progress = openProgress(100);
    try {
      const onProgress = (news: RestoreNews) => sayBytes(progress, "replaying", news);
      const { report, digest } = await fillFile(join(scratch, "verify.db"), { ...wish, onProgress }, true);
      const live = await liveDigest(options.store ?? storeFile, report, options.store !== undefined);
      if (live !== undefined && live !== digest) {
        throw new Failure(
          EXIT.fault,
          `revision ${report.revision} is another in the bucket (${digest.slice(0, 16)}) than in the store (${live.slice(0, 16)})`,
          {
            code: "snapshot_damaged",
            hint: "`ledge backup status` says whether the live store agrees with itself",
          },
        );
      }
      const { revision, lineage, manifest, objects, check, documents } = report;
      if (options.output === "json")
        printJson({ revision, lineage, manifest, objects, check, digest, store: live !== undefined });
      const words =
        live === undefined
          ? check === "proven"
            ? "is the state that its digest says"
            : "replays whole (its manifest carries no digest)"
          : "is the live store's state";
      progress.end(
        `revision ${revision} ${words}: ${countWords(documents, "document")}, ${countWords(objects, "object")} read`,
      );
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
}

/** The live store's digest at the revision; undefined where there is no store to compare with. */
async function liveDigest(
  file: string | undefined,
  { revision, lineage }: { revision: number; lineage: string },
  asked: boolean,
): Promise<string | undefined> {
  if (file === undefined || (!asked && !existsSync(file))) return undefined;
  const db = openNodeDb(file, { readonly: true, mustExist: true });
  try {
    const [row] = db.all(
      "select (select count(*) from lineage where lineage=?1), (select revision from store), (select count(*) from commits where revision=?2)",
      [lineage, revision],
    );
    const holds = row?.[0] === 1 && row[2] === 1;
    if (!holds && asked)
      throw new Failure(EXIT.absent, `${file} does not hold revision ${revision} of lineage ${lineage}`);
    return holds ? (await digestState(db, { kind: "history", upTo: revision })).sha256 : undefined;
  } finally {
    db.close();
  }
}

/** Checks one object: against itself, and against the manifest or index that names it. */
export function verifyObject(name: string, options: VerifyOptions, dataDir: string): Promise<void> {
  return withBucketSource(options, dataDir, async ({ bucket, reading }) => {
    const checked =
      parseManifestName(name) === undefined
        ? await checkNamed(bucket, name, reading)
        : await checkManifest(bucket, name, reading);
    if (options.output === "json") printJson({ name, ...checked });
    sayDone(`${name}: ${checked.words}`);
  });
}

async function checkManifest(bucket: Bucket, name: string, reading: Reading) {
  const { manifest } = await readManifest(bucket, name, undefined, reading);
  return {
    words: `a manifest of revision ${manifest.revision} that fits its hash, naming ${countWords(manifest.objects.length, "object")}`,
  };
}

/** Looks for a manifest that names the object, the lowest that can, and reads the object by it. */
async function checkNamed(bucket: Bucket, name: string, reading: Reading) {
  const parts = parseObjectName(name);
  if (parts === undefined)
    throw new Failure(EXIT.usage, `${name} is not the name of an object of a snapshot`, {
      hint: "`ledge backup show` lists them",
    });
  const names = (await bucket.list(manifestsPrefix(parts.lineage)))
    .filter((one) => (parseManifestName(one)?.revision ?? -1) >= parts.revision)
    .reverse();
  for (const one of names) {
    const read = await readableManifest(bucket, one, reading);
    const words = read === undefined ? undefined : await readBy(bucket, read, name, reading);
    if (words !== undefined) return { words: `${words}, as ${one} names it` };
  }
  throw new Failure(EXIT.absent, `no manifest names ${name}`, {
    hint: "it may be left over from a run that was cut off; pruning takes it away",
  });
}

/** Reads the object in the way that its manifest names it; undefined when it does not. Throws where it is damaged. */
async function readBy(
  bucket: Bucket,
  { manifest, base, segments }: ReadManifest,
  name: string,
  reading: Reading,
): Promise<string | undefined> {
  for (const { segment, auth } of segments) {
    if (segment.name === name) {
      const lines = await readSegment(bucket, manifest.lineage, segment, auth?.sha256 ?? null, reading);
      return `a segment of ${countWords(lines.length, "commit")} that fits its hash`;
    }
    if (auth?.name === name) {
      const lines = await readSegment(bucket, manifest.lineage, auth, null, reading);
      return `what ${countWords(lines.length, "commit")} did to tokens, fitting its hash`;
    }
  }
  if (base === undefined) return undefined;
  const index = await readBaseIndex(bucket, base, manifest.ancestry, reading);
  if (base.name === name)
    return `the index of a base of ${countWords(index.parts.length, "part")} that fits its hash`;
  const at = index.parts.findIndex((part) => part.name === name);
  const part = index.parts[at];
  if (part === undefined) return undefined;
  const lines = await readPart(bucket, index, part, at + 1, reading);
  return `a part of a base with ${countWords(lines.length, "line")} that fits its hash`;
}
