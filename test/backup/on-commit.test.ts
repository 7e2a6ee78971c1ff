import { createServer, request } from "node:http";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { BACKUP_WAIT_SECONDS } from "../../lib/core/on-commit.ts";
import { formatToken } from "../../lib/core/token.ts";
import { LEASE_MS } from "../../lib/store/catalogue/lease.ts";
import type { NodeDb } from "../../lib/store/sqlite/driver-node.ts";
import type { HostOptions } from "../../programs/host/options.ts";
import { type Asking, askAs } from "../../testkit/ask.ts";
import { fill, restore } from "../../testkit/backup.ts";
import { openServedBucket } from "../../testkit/bucket.ts";
import { variablesOf } from "../../testkit/bucket-settings.ts";
import { FULL } from "../../testkit/crash-sample.ts";
import { buildFor, LEDGE_MANIFEST, type TestHost } from "../../testkit/host.ts";
import { testNativeEngine } from "../../testkit/native.ts";
import { rowOf, stealLease } from "../../testkit/operation.ts";
import { giveToken, tokenOf } from "../../testkit/proposals.ts";
import { openServedStore } from "../../testkit/served-store.ts";
import { openTestServer, told } from "../../testkit/server.ts";
import { openTestStore } from "../../testkit/store.ts";

const ROOT = tokenOf("r");

beforeAll(() => buildFor(LEDGE_MANIFEST));

type Kind = "native" | "memory reset" | "fresh instances";

/** The real handlers over a store with some history, and a token that may do everything. */
async function start(
  variables: Record<string, string>,
  kind: Kind = "memory reset",
  more: Partial<HostOptions> = {},
) {
  const engine = kind === "native" ? { engine: testNativeEngine() } : {};
  const freshInstances = kind === "fresh instances";
  return openServedStore(
    (db) => {
      fill(db);
      giveToken(db, ROOT, ["read", "write", "history", "backup", "status", "admin"]);
    },
    { variables, freshInstances, ...engine, ...more },
  );
}

async function bucketOf(): Promise<
  { variables: Record<string, string> } & Awaited<ReturnType<typeof openServedBucket>>
> {
  const opened = await openServedBucket();
  return { ...opened, variables: variablesOf(opened.server) };
}

interface Written {
  readonly status: number;
  /** Ledge-Revision, and Ledge-Backed-Up if it is there. */
  readonly revision: number;
  readonly held: number | null;
}

async function ask(host: TestHost, method: string, path: string, asking: Asking = {}): Promise<Written> {
  const { status, headers } = await askAs(ROOT)(host, method, path, asking);
  const held = headers.get("ledge-backed-up");
  const revision = Number(headers.get("ledge-revision"));
  return { status, revision, held: held === null ? null : Number(held) };
}

const TEXT = { headers: { "content-type": "text/plain" } };
const put = (host: TestHost, key: string, value = "x") =>
  ask(host, "PUT", `/v1/write/shop?key=${key}`, { ...TEXT, body: value });

/** Writes again, as the `nth`, while the wait for the bucket ran out: a busy machine says nothing of the answer. */
async function inTime(write: (nth: number) => Promise<Written>): Promise<Written> {
  for (let nth = 0; ; nth += 1) {
    const begunMs = performance.now();
    const written = await write(nth);
    if (performance.now() - begunMs < BACKUP_WAIT_SECONDS * 1000) return written;
  }
}

function exported(db: NodeDb): number {
  return Number(rowOf(db, "position").revision ?? 0);
}

describe.each<Kind>(FULL ? ["native", "memory reset", "fresh instances"] : ["native", "memory reset"])(
  "backup_on_commit, with %s",
  (kind) => {
    test("wait answers once the bucket holds the revision, of every kind of write", async () => {
      const { variables, bucket } = await bucketOf();
      const { db, host } = await start({ ...variables, backup_on_commit: "wait" }, kind);
      const first = await inTime((nth) => put(host, `one-${nth}`));
      expect(first).toEqual({ status: 201, revision: first.revision, held: first.revision });
      const change = { op: "put", namespace: "shop", mediaType: "text/plain", text: "2", ifRevision: 0 };
      const writes = [
        await inTime((nth) =>
          ask(host, "POST", "/v1/commit", { json: { changes: [{ ...change, key: `two-${nth}` }] } }),
        ),
        await inTime((nth) => ask(host, "PUT", `/v1/admin/namespaces/fresh-${nth}`, { json: {} })),
      ];
      for (const { status, revision, held } of writes) expect([status < 300, held]).toEqual([true, revision]);
      const mode = await inTime(() => ask(host, "PUT", "/v1/admin/mode", { json: { mode: "open" } }));
      expect([mode.status, mode.held]).toEqual([200, exported(db)]);
      const copy = openTestStore();
      expect(await restore(copy.db, bucket)).toMatchObject({ check: "proven", revision: mode.held });
    });
  },
);

// An export takes a second of processor in a guest, and the rules are the same code: the long form takes all kinds.
describe.each<Kind>(FULL ? ["native", "memory reset", "fresh instances"] : ["native"])(
  "the rules of backup_on_commit, with %s",
  (kind) => {
    test("wait says nothing of a write that changes nothing, or that is refused", async () => {
      const { variables } = await bucketOf();
      const { host } = await start({ ...variables, backup_on_commit: "wait" }, kind);
      await put(host, "one");
      expect(await ask(host, "PUT", "/v1/write/shop?key=one", { ...TEXT, body: "y" })).toMatchObject({
        status: 428,
        held: null,
      });
      const changes = [
        { op: "put", namespace: "shop", key: "one", mediaType: "text/plain", text: "x", ifRevision: "any" },
      ];
      expect(await ask(host, "POST", "/v1/commit", { json: { changes } })).toMatchObject({
        status: 200,
        held: null,
      });
    });

    test("start answers as ever, and the bucket gets there by itself", async () => {
      const { variables } = await bucketOf();
      const { db, host } = await start({ ...variables, backup_on_commit: "start" }, kind);
      const { status, revision, held } = await put(host, "one");
      expect([status, held]).toEqual([201, null]);
      await expect.poll(() => exported(db)).toBe(revision);
    });

    test("off asks nobody", async () => {
      const { variables, bucket } = await bucketOf();
      const { db, host } = await start(variables, kind);
      expect(await put(host, "one")).toMatchObject({ status: 201, held: null });
      await host.stop();
      expect([exported(db), await bucket.list("")]).toEqual([0, []]);
    });

    test("wait and start keep every write while the bucket is down", async () => {
      for (const word of ["wait", "start"]) {
        const { variables } = await bucketOf();
        const down = { ...variables, bucket_endpoint: "http://127.0.0.1:1", backup_on_commit: word };
        const { db, host } = await start(down, kind);
        expect(await put(host, "one")).toMatchObject({ status: 201, held: null });
        expect(db.all("select count(*) from entry where namespace='shop' and key='one'")).toEqual([[1]]);
        await expect.poll(() => rowOf(db, "error").code).toBe("bucket_unavailable");
      }
    });

    test.each(FULL ? [1, 2] : [2])("wait holds for 50 writers at once, with %i workers", async (workers) => {
      const { variables, bucket } = await bucketOf();
      const { db, host } = await start({ ...variables, backup_on_commit: "wait" }, kind, { workers });
      const all = await Promise.all(
        Array.from({ length: 50 }, async (_, n) => {
          const startedMs = performance.now();
          const written = await put(host, `k${n}`);
          return { ...written, ms: performance.now() - startedMs };
        }),
      );
      expect(all.map(({ status }) => status)).toEqual(all.map(() => 201));
      const isHeld = ({ revision, held }: Written) => held !== null && held >= revision;
      // On a busy machine some time runs out; nobody is answered sooner than by that or by the bucket.
      expect(all.filter((one) => !isHeld(one) && one.ms < BACKUP_WAIT_SECONDS * 1000)).toEqual([]);
      expect(all.filter(isHeld).length).toBeGreaterThan(0);
      const head = Math.max(...all.map(({ revision }) => revision));
      await expect.poll(() => exported(db), { interval: 200 }).toBe(head);
      const copy = openTestStore();
      expect(await restore(copy.db, bucket)).toMatchObject({ check: "proven", revision: exported(db) });
    });
  },
);

describe("backup_on_commit", () => {
  test("wait gives up while another exporter has the lease, and says how far it came", async () => {
    const { variables } = await bucketOf();
    const { db, host } = await start({ ...variables, backup_on_commit: "wait" });
    const before = await inTime((nth) => put(host, `one-${nth}`));
    stealLease(db, Date.now() + LEASE_MS);
    const after = await put(host, "two");
    expect(after).toEqual({ status: 201, revision: before.revision + 1, held: before.revision });
  });

  test("wait leaves workers to reads, however many writers wait for a bucket that hangs", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
    onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const address = silent.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { variables } = await bucketOf();
    const hanging = { ...variables, bucket_endpoint: `http://127.0.0.1:${port}`, backup_on_commit: "wait" };
    const { host } = await start(hanging);
    const round = async (nth: number): Promise<{ answered: number; tookMs: number }> => {
      let answered = 0;
      const begunMs = performance.now();
      const write = (n: number) =>
        put(host, `k${nth}-${n}`).finally(() => {
          answered += 1;
        });
      const writers = Promise.all(Array.from({ length: 12 }, (_, n) => write(n)));
      for (let left = 3; left > 0; left -= 1)
        expect(await ask(host, "GET", "/v1/read/shop?key=a")).toMatchObject({ status: 200 });
      const seen = { answered, tookMs: performance.now() - begunMs };
      expect((await writers).map(({ status, held }) => [status, held])).toEqual(
        Array.from({ length: 12 }, () => [201, null]),
      );
      return seen;
    };
    // A writer waits ten seconds here; a read behind one would, too. A round in which the machine itself took longer
    // says nothing.
    let seen = await round(0);
    for (let nth = 1; nth < 5 && seen.tookMs >= BACKUP_WAIT_SECONDS * 1000; nth += 1) seen = await round(nth);
    expect(seen.answered).toBe(0);
  });

  test("wait without a bucket writes and says nothing", async () => {
    const { host } = await start({ backup_on_commit: "wait" });
    expect(await put(host, "one")).toMatchObject({ status: 201, held: null });
    expect(host.lines.map(({ text }) => text).join("")).toContain("backup.not_started");
  });

  test("an unknown word is refused by the setting's name before any write; probes go on", async () => {
    const server = await openTestServer();
    const { db, host } = await start({ backup_on_commit: "Wait" });
    expect(await put(host, "one")).toMatchObject({ status: 503 });
    expect(db.all("select count(*) from entry where key='one'")).toEqual([[0]]);
    for (const path of ["/readyz", "/healthz", "/v1/admin/status", "/v1/backup/status"])
      expect(await ask(host, "GET", path)).toMatchObject({ status: 200 });
    const off = await server.send("GET", "/readyz");
    expect(told(off)).toBe("200");
  });
});

describe("the path of a commit's export", () => {
  const TARGETS = [
    "/internal/backup/committed?revision=1&wait=0",
    "//internal/backup/committed?revision=1&wait=0",
    "/v1/backup/../../internal/backup/committed?revision=1&wait=0",
    "/v1/backup/%2e%2e/%2e%2e/internal/backup/committed?revision=1&wait=0",
    "/v1/backup/..%2f..%2finternal/backup/committed?revision=1&wait=0",
    "/v1/backup/internal/backup/committed?revision=1&wait=0",
    "http://snapshot-export.spin.internal/internal/backup/committed?revision=1&wait=0",
    "http://snapshot-export.spin.internal/v1/backup/../../internal/backup/committed?revision=1&wait=0",
    "http://127.0.0.1/internal/backup/committed?revision=1&wait=0",
  ];
  test("is not there from the network, however it is written", async () => {
    const { db, host } = await start({ backup_on_commit: "start" });
    for (const target of TARGETS) {
      // A foreign host in the target is refused before any path is looked at.
      const refused = /^http:/.test(target) && !/^http:\/\/127\./.test(target) ? 421 : 404;
      for (const method of ["POST", "GET", "OPTIONS"])
        for (const spoof of [false, true])
          expect([target, method, await raw(host, method, target, spoof)]).toEqual([target, method, refused]);
    }
    expect(exported(db)).toBe(0);
  });
});

/** The target exactly as given, as a client that means harm would send it. */
function raw(host: TestHost, method: string, path: string, spoof: boolean): Promise<number | undefined> {
  const spoofed = [
    "spin-raw-component-route",
    "/...",
    "spin-client-addr",
    "0.0.0.0:0",
    "spin-path-info",
    "/internal",
  ];
  const headers = [
    "host",
    `127.0.0.1:${host.port}`,
    "authorization",
    `Bearer ${formatToken(ROOT)}`,
    ...(spoof ? spoofed : []),
  ];
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port: host.port, method, path, headers }, (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode);
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
