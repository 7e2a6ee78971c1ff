/**
 * What our client relies on in a bucket, as one suite for every server: the chaos server is only worth what
 * real servers and it have in common.
 */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Bucket } from "../../lib/bucket/bucket.ts";
import { openS3Bucket } from "../../lib/bucket/s3.ts";
import type { BucketSettings } from "../../lib/bucket/settings.ts";

export interface RunningServer {
  readonly settings: BucketSettings;
  stop(): Promise<void>;
}

const LARGE = 5_000_000;
const text = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString();
const hash = (bytes: Uint8Array | undefined) =>
  createHash("sha256")
    .update(bytes ?? "absent")
    .digest("hex");

/** Describes the behaviour. `skip` is the reason why the server cannot be had here. */
export function describeBucket(
  name: string,
  start: () => Promise<RunningServer>,
  { skip }: { skip?: string | undefined } = {},
): void {
  if (skip !== undefined) console.info(`${name} is skipped: ${skip}`);
  describe.skipIf(skip !== undefined)(`a bucket of ${name}`, () => {
    let server: RunningServer;
    const open = (prefix: string): Bucket =>
      openS3Bucket({ ...server.settings, prefix }, { attempts: 1, timeoutMs: 30_000 });
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server?.stop());
    objectTests(open);
    listTests(open);
  });
}

function objectTests(open: (prefix: string) => Bucket): void {
  test("gives back what was put, and what was put over it", async () => {
    const bucket = open("over");
    await bucket.put("heads/a.json", Buffer.from("one"));
    expect(text(await bucket.get("heads/a.json", 100))).toBe("one");
    await bucket.put("heads/a.json", Buffer.from("another"));
    expect(text(await bucket.get("heads/a.json", 100))).toBe("another");
  });

  test("says that an object is absent, also once it was taken away", async () => {
    const bucket = open("gone");
    expect(await bucket.get("never", 100)).toBe(undefined);
    await bucket.put("there", Buffer.from("x"));
    await bucket.remove("there");
    expect(await bucket.get("there", 100)).toBe(undefined);
    expect(await bucket.list("")).toEqual([]);
  });

  test("takes away what is not there", async () => {
    await open("gone").remove("never-was-there");
  });

  test("holds an empty object, and one of 5 MB", async () => {
    const bucket = open("sizes");
    const large = Uint8Array.from({ length: LARGE }, (_none, at) => (at * 31 + (at >> 8)) & 255);
    await bucket.put("empty.json", new Uint8Array(0));
    await bucket.put("large.gz", large);
    expect((await bucket.get("empty.json", 100))?.length).toBe(0);
    expect(hash(await bucket.get("large.gz", LARGE))).toBe(hash(large));
    await expect(bucket.get("large.gz", LARGE - 1)).rejects.toMatchObject({ code: "snapshot_damaged" });
  });

  test("takes names of every character that ours have", async () => {
    const bucket = open("Deep/er.and_deeper-0");
    const name = `${"0123456789abcdef".repeat(2)}/bases/9999-0001-ab.part-00001.ndjson.gz`;
    await bucket.put(name, Buffer.from("named"));
    expect(text(await bucket.get(name, 100))).toBe("named");
    expect(await bucket.list("")).toEqual([name]);
  });
}

function listTests(open: (prefix: string) => Bucket): void {
  test("lists in order of bytes, by prefix", async () => {
    const bucket = open("order");
    const names = ["a/10", "a/9", "a/B", "a/a", "a/a.b", "a/b/c", "b/1"];
    for (const name of [...names].reverse()) await bucket.put(name, Buffer.from(name));
    expect(await bucket.list("")).toEqual(names);
    expect(await bucket.list("a/")).toEqual(names.slice(0, 6));
    expect(await bucket.list("a/b/")).toEqual(["a/b/c"]);
    expect(await bucket.list("c/")).toEqual([]);
  });

  test("lists more than a page of names, each once", async () => {
    const bucket = open("paged");
    const names = Array.from({ length: 1105 }, (_none, at) => `many/${String(at).padStart(6, "0")}`);
    for (let at = 0; at < names.length; at += 50)
      await Promise.all(names.slice(at, at + 50).map((name) => bucket.put(name, Buffer.from("."))));
    expect(await bucket.list("many/")).toEqual(names);
  });

  test("lists by a delimiter only folders, at least those that directly hold objects", async () => {
    const bucket = open("folders");
    for (const name of ["epochs/0-x", "heads/y", "deep/manifests/1", "loose"])
      await bucket.put(name, Buffer.from("."));
    const folders = await bucket.folders();
    expect(folders).toEqual(expect.arrayContaining(["epochs", "heads"]));
    expect(["deep", "epochs", "heads"]).toEqual(expect.arrayContaining([...folders]));
  });
}
