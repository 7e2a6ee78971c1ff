/**
 * A reader written from docs/snapshot-format.md alone: gzip, SHA-256 and JSON, nothing of the project's code.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { LIMITS } from "../../lib/backup/export/limits.ts";
import * as wire from "../../lib/snapshot/schemas.ts";
import { readRecords } from "../../programs/demo-bcd/records.ts";
import { fill, openQuickStore, put, remove, restore, SMALL, tick } from "../../testkit/backup.ts";
import { memoryBucket } from "../../testkit/bucket.ts";
import { testFolder } from "../../testkit/host.ts";

/** The page's line needs zcat and jq; where they are missing, it cannot be tried. */
const hasTools = spawnSync("sh", ["-c", "command -v zcat && command -v jq"]).status === 0;

type Objects = ReadonlyMap<string, Uint8Array>;
interface ReadDocument {
  readonly namespace: string;
  readonly key: string;
  readonly revision: number;
  readonly mediaType: string;
  readonly text: string | undefined;
  readonly bytes: Buffer;
}

const hash = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");
const sameBytes = (left: string, right: string) => Buffer.compare(Buffer.from(left), Buffer.from(right));

function readState(objects: Objects): { revision: number; documents: ReadDocument[]; digest: string | null } {
  const name = newestManifest(objects);
  const [line = "", seal = ""] = Buffer.from(objects.get(name) ?? [])
    .toString()
    .split("\n");
  if (JSON.parse(seal).sha256 !== hash(line)) throw new Error(`${name} is damaged`);
  const manifest = JSON.parse(line);
  const state = new Map<string, ReadDocument>();
  let reached = 0;
  for (const object of manifest.objects) {
    if (object.kind === "base") {
      const index = JSON.parse(checked(objects, object).toString());
      for (const part of index.parts) {
        if (part.kind !== "commits")
          for (const change of lines(objects, part)) apply(state, change, change.revision);
      }
    } else {
      if (object.after !== reached) throw new Error(`${object.name} does not follow ${reached}`);
      for (const commit of lines(objects, object)) {
        for (const change of commit.changes) apply(state, change, commit.revision);
      }
    }
    if (object.kind !== "auth") reached = object.revision;
  }
  if (reached !== manifest.revision) throw new Error("the manifest is not reached");
  const documents = [...state.values()].sort(
    (a, b) => sameBytes(a.namespace, b.namespace) || sameBytes(a.key, b.key),
  );
  const digest = manifest.digest?.revision === manifest.revision ? manifest.digest.sha256 : null;
  return { revision: manifest.revision, documents, digest };
}

function newestManifest(objects: Objects): string {
  const names = [...objects.keys()].sort();
  const lineages = names.flatMap((name) => /^epochs\/\d+-([0-9a-f]{32})\.json$/.exec(name)?.[1] ?? []);
  const newest = lineages.flatMap(
    (lineage) => names.find((name) => name.startsWith(`${lineage}/manifests/`)) ?? [],
  );
  const [first = ""] = newest.sort((a, b) => (a.split("/")[2] ?? "").localeCompare(b.split("/")[2] ?? ""));
  return first;
}

function checked(
  objects: Objects,
  { name, sizeBytes, sha256 }: { name: string; sizeBytes: number; sha256: string },
) {
  const bytes = Buffer.from(objects.get(name) ?? []);
  if (bytes.length !== sizeBytes || hash(bytes) !== sha256) throw new Error(`${name} is damaged`);
  return bytes;
}

function lines(
  objects: Objects,
  object: { name: string; sizeBytes: number; sha256: string; rawBytes: number },
) {
  const raw = gunzipSync(checked(objects, object));
  if (raw.length !== object.rawBytes) throw new Error(`${object.name} is damaged`);
  return raw
    .toString()
    .split("\n")
    .slice(1, -1)
    .map((line) => JSON.parse(line));
}

function apply(
  state: Map<string, ReadDocument>,
  change: { op: string; namespace: string; key: string; mediaType: string; text?: string; base64?: string },
  revision: number,
): void {
  const { op, namespace, key, mediaType, text, base64 } = change;
  const place = JSON.stringify([namespace, key]);
  if (op !== "put") state.delete(place);
  else {
    const bytes = text === undefined ? Buffer.from(base64 ?? "", "base64") : Buffer.from(text);
    state.set(place, { namespace, key, revision, mediaType, text, bytes });
  }
}

function stateDigest(documents: readonly ReadDocument[]): string {
  let namespaces = "";
  for (const namespace of new Set(documents.map((document) => document.namespace))) {
    const own = documents.filter((document) => document.namespace === namespace);
    const hashes: Buffer[] = [];
    let block = "";
    const end = () => {
      if (block !== "") hashes.push(createHash("sha256").update(block).digest());
      block = "";
    };
    for (const { key, revision, mediaType, text, bytes } of own) {
      const value = text === undefined ? [null, bytes.toString("hex")] : [text];
      block += `${JSON.stringify([key, revision, mediaType, ...value])}\n`;
      if (Buffer.byteLength(block) >= 1_048_576) end();
    }
    end();
    const bytes = own.reduce((sum, document) => sum + document.bytes.length, 0);
    namespaces += `${JSON.stringify([namespace, own.length, bytes, hash(Buffer.concat(hashes))])}\n`;
  }
  return hash(namespaces);
}

describe("a reader written from the page", () => {
  test("rebuilds documents and the state digest over segments, bases and a restore", async () => {
    const bucket = memoryBucket();
    let { db } = openQuickStore();
    fill(db);
    for (let n = 0; n < 30; n += 1) {
      put(db, `big/${n % 3}`, `${n}${'\u00e9\u2028"\\\u0001'.repeat(40_000)}`);
      if (n % 7 === 6) remove(db, "big/1");
      if (n === 20) {
        await tick(db, bucket);
        const copy = openQuickStore();
        await restore(copy.db, bucket);
        db = copy.db;
        put(db, "limits/2", "in the next epoch");
      }
      await tick(db, bucket, { limits: { ...SMALL, digestBytes: 100_000_000 } });
      if (n % 6 !== 5) continue;
      const read = readState(bucket.objects);
      const rows = db.all(
        "select namespace, key, revision, media_type, hex(value), text from entry order by namespace, key",
      );
      expect(
        read.documents.map(({ namespace, key, revision, mediaType, bytes, text }) => [
          namespace,
          key,
          revision,
          mediaType,
          bytes.toString("hex").toUpperCase(),
          text === undefined ? 0 : 1,
        ]),
      ).toEqual(rows);
      expect(read.digest).toBe(stateDigest(read.documents));
    }
  });

  test("rebuilds the records of the demo, one version written over another", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    const before = readRecords("browser-compat-data-before", 10).records;
    const after = readRecords("@mdn/browser-compat-data", 10).records;
    for (const [key, json] of before) put(db, `bcd/${key}`, json);
    await tick(db, bucket, { limits: LIMITS });
    for (const key of before.keys()) if (!after.has(key)) remove(db, `bcd/${key}`);
    for (const [key, json] of after) if (before.get(key) !== json) put(db, `bcd/${key}`, json);
    await tick(db, bucket, { limits: LIMITS });
    const read = readState(bucket.objects).documents.filter(({ key }) => key.startsWith("bcd/"));
    expect(new Map(read.map(({ key, bytes }) => [key.slice(4), bytes.toString("utf8")]))).toEqual(
      new Map(after),
    );
  });

  test("finds every member that the objects have on the page", () => {
    const page = readFileSync("docs/snapshot-format.md", "utf8");
    const schemas = [
      wire.Manifest,
      wire.Ancestor,
      wire.SegmentObject,
      wire.BaseObject,
      wire.BaseIndex,
      wire.BasePart,
      wire.NamespaceUsage,
      wire.SegmentHeader,
      wire.PartHeader,
      wire.Head,
      wire.Claim,
      wire.ManifestSeal,
      wire.Digest,
      wire.Proof,
    ];
    for (const schema of schemas) {
      for (const member of Object.keys(schema.shape)) expect(page).toContain(`\`${member}\``);
    }
  });

  test.skipIf(!hasTools)("shows what a segment changed with the line for the shell", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    fill(db);
    await tick(db, bucket, { limits: { ...SMALL, aloneBytes: 0 } });
    const name = [...bucket.objects.keys()].filter((one) => one.includes("/segments/")).sort()[0] ?? "";
    const folder = testFolder();
    writeFileSync(join(folder, "segment.gz"), bucket.objects.get(name) ?? "");
    const page = readFileSync("docs/snapshot-format.md", "utf8");
    const line = /^zcat (\S+) (\|.*)$/m.exec(page);
    const printed = execFileSync("sh", ["-c", `zcat segment.gz ${line?.[2]}`], { cwd: folder }).toString();
    expect(printed).toContain("put\tshop\ta\t1\n");
    expect(printed).toContain("delete\tshop\tempty\t\n");
  });
});
