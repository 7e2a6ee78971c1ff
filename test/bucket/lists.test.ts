/** Lists of buckets that keep no order, or that do not come to an end: they come whole, or as a fault. */
import { describe, expect, test } from "vitest";
import { utf8 } from "../../lib/bucket/bytes.ts";
import {
  contents,
  expectSame,
  fill,
  openQuickStore,
  put,
  restore,
  SMALL,
  tick,
} from "../../testkit/backup.ts";
import type { FaultRule } from "../../testkit/chaos/faults.ts";
import { element } from "../../testkit/chaos/refusals.ts";
import { chaosBucket, openChaos } from "../../testkit/chaos.ts";

const HASHED = { order: "hash", pageSize: 4 } as const;
const HEAD = /^ledge\/heads\//;

describe("a bucket that lists in an order of its own", () => {
  test("is exported to, proven, and restored from, also to an older revision", async () => {
    const server = await openChaos({ lists: HASHED });
    const bucket = chaosBucket(server);
    const { db } = openQuickStore();
    fill(db);
    const kept = new Map<number, unknown>();
    for (let n = 0; n < 12; n += 1) {
      const revision = put(db, "n", String(n));
      kept.set(revision, contents(db));
      expect(await tick(db, bucket, { limits: SMALL })).toMatchObject({
        state: "exported",
        provenRevision: revision,
      });
    }
    const copy = openQuickStore();
    await restore(copy.db, bucket);
    expectSame(copy.db, db);
    for (const [revision, before] of kept) {
      const older = openQuickStore();
      await restore(older.db, bucket, revision);
      expect(contents(older.db)).toEqual(before);
    }
  });

  test("is no fork without its heads, and no lost manifest with them", async () => {
    const server = await openChaos({ lists: HASHED });
    const bucket = chaosBucket(server);
    const { db } = openQuickStore();
    fill(db);
    for (let n = 0; n < 8; n += 1) {
      put(db, "n", String(n));
      await tick(db, bucket);
    }
    for (const name of server.objects.names()) if (HEAD.test(name)) server.objects.remove(name, new Date(0));
    const copy = openQuickStore();
    await restore(copy.db, bucket);
    expectSame(copy.db, db);
  });
});

describe("a proof", () => {
  test("is none while the bucket's lists do not show its manifest", async () => {
    const server = await openChaos();
    const bucket = chaosBucket(server);
    const { db } = openQuickStore();
    fill(db);
    server.faults.set(hiding("manifests/"));
    const first = await tick(db, bucket);
    expect(first).toMatchObject({ state: "exported", provenRevision: null });
    server.faults.set();
    expect(await tick(db, bucket)).toMatchObject({
      state: "nothing_new",
      provenRevision: first.state === "exported" ? first.to : 0,
    });
  });

  test("needs a lineage that a restore comes by", async () => {
    const server = await openChaos();
    const bucket = chaosBucket(server);
    const { db } = openQuickStore();
    fill(db);
    server.faults.set(hiding("(heads|epochs)/"), hiding(""));
    expect(await tick(db, bucket)).toMatchObject({ state: "exported", provenRevision: null });
  });
});

/** Lists of these folders show nothing. */
function hiding(folder: string): FaultRule {
  const body = listXml({ names: [] });
  return {
    fault: { kind: "page", status: 200, type: "application/xml", body },
    methods: ["LIST"],
    name: new RegExp(`${folder}$`),
  };
}

interface PageOfNames {
  readonly names: readonly string[];
  readonly token?: string;
  readonly truncated?: boolean;
}

function listXml({ names, token, truncated = token !== undefined }: PageOfNames): string {
  return [
    "<ListBucketResult>",
    element("IsTruncated", String(truncated)),
    token === undefined ? "" : element("NextContinuationToken", token),
    ...names.map((name) => `<Contents>${element("Key", `ledge/${name}`)}</Contents>`),
    "</ListBucketResult>",
  ].join("");
}

function answering(page: PageOfNames, times?: number): FaultRule {
  const fault = { kind: "page", status: 200, type: "application/xml", body: listXml(page) } as const;
  return { fault, methods: ["LIST"], ...(times === undefined ? {} : { times }) };
}

/** What the chaos server takes for the beginning. */
const FROM_THE_START = "t-";

describe("a list that does not go on", () => {
  const stuck = {
    name: "BucketFault",
    code: "bucket_unavailable",
    detail: expect.stringContaining("does not go on"),
  };

  const cases: { name: string; page: PageOfNames }[] = [
    { name: "leads to itself", page: { names: ["a"], token: "again" } },
    { name: "leads to itself and shows nothing", page: { names: [], token: "again" } },
    { name: "says that there is more and not where", page: { names: ["a"], truncated: true } },
    { name: "says so and shows nothing", page: { names: [], truncated: true } },
  ];
  test.each(cases)("is a fault where a page $name", async ({ page }) => {
    const server = await openChaos();
    server.faults.set(answering(page));
    await expect(chaosBucket(server).list("")).rejects.toMatchObject(stuck);
    await expect(chaosBucket(server).folders()).rejects.toMatchObject(stuck);
  });

  test("is a fault where each page is the first one under another token", async () => {
    const server = await openChaos();
    server.faults.set(
      ...Array.from({ length: 200 }, (_none, at) => answering({ names: ["a", "b"], token: `t${at}` }, 1)),
    );
    await expect(chaosBucket(server).list("")).rejects.toMatchObject(stuck);
  });

  test("is none where an empty page leads on", async () => {
    const server = await openChaos();
    await chaosBucket(server).put("a/b", utf8("x"));
    server.faults.set(answering({ names: [], token: FROM_THE_START }, 1));
    expect(await chaosBucket(server).list("a/")).toEqual(["a/b"]);
    server.faults.set(answering({ names: [], token: FROM_THE_START }, 1));
    expect(await chaosBucket(server).folders()).toEqual(["a"]);
  });

  test("is never read as a bucket that holds no snapshot", async () => {
    const server = await openChaos();
    const { db } = openQuickStore();
    fill(db);
    await tick(db, chaosBucket(server));
    server.faults.set(answering({ names: [], truncated: true }));
    await expect(restore(openQuickStore().db, chaosBucket(server))).rejects.toMatchObject(stuck);
  });
});
