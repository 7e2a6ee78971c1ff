/** The real component's client, in its engine: the same answers as in Node, and nothing that hangs. */
import { beforeAll, describe, expect, test } from "vitest";
import { expectSame, fill, openQuickStore, put, restore } from "../../testkit/backup.ts";
import { variablesOf } from "../../testkit/bucket-settings.ts";
import type { Fault } from "../../testkit/chaos/faults.ts";
import type { ChaosServer } from "../../testkit/chaos/server.ts";
import { chaosBucket, openChaos } from "../../testkit/chaos.ts";
import { buildFor, LEDGE_MANIFEST, type TestHost } from "../../testkit/host.ts";
import { openServedStore } from "../../testkit/served-store.ts";

const FULL = process.env.LEDGE_FULL === "1";
/** A virtual host that needs no name server: the address of the loopback begins with it. */
const VIRTUAL = "127";

beforeAll(() => buildFor(LEDGE_MANIFEST));

const start = (server: ChaosServer, variables: Record<string, string> = {}) =>
  openServedStore(fill, { variables: { ...variablesOf(server), ...variables } });

const lastFault = (host: TestHost) =>
  JSON.stringify(host.lines.filter((line) => JSON.stringify(line).includes("backup.failed")).at(-1));

describe("the component's client", () => {
  test.each(["md5", "sha256"])(
    "exports with %s to an Object Lock bucket with its own list order, and proves it",
    async (integrity) => {
      const server = await openChaos({ wantsIntegrity: true, lists: { order: "hash", pageSize: 3 } });
      const { db, host } = await start(server, { bucket_integrity: integrity });
      for (let n = 0; n < 5; n += 1) {
        put(db, "n", String(n));
        expect([await host.tick("snapshot-export"), lastFault(host)]).toEqual([undefined, undefined]);
      }
      const copy = openQuickStore();
      expect(await restore(copy.db, chaosBucket(server))).toMatchObject({ check: "proven" });
      expectSame(copy.db, db);
    },
  );

  test("says that nobody answers, where its engine says no more than TypeError", async () => {
    const server = await openChaos();
    const { db, host } = await start(server, { bucket_endpoint: "http://127.0.0.1:1" });
    await host.tick("snapshot-export");
    expect(lastFault(host)).toContain("no connection to the bucket's server");
    db.close();
  });

  test("exports to a virtual host through passing faults, and sends no more than Node", async () => {
    const server = await openChaos({ bucketName: VIRTUAL, seed: 7 });
    const { db, host } = await start(server, { bucket_path_style: "false" });
    const passing: readonly Fault[] = [
      { kind: "error", status: 503, code: "SlowDown" },
      { kind: "cut", length: true },
      { kind: "lost" },
      { kind: "reset" },
      { kind: "page", status: 200, type: "text/html", body: "<html></html>" },
      { kind: "drip", chunkBytes: 100, everyMs: 1 },
    ];
    server.faults.set(...passing.map((fault) => ({ fault, times: 1, rate: 0.1 })));
    expect([await host.tick("snapshot-export"), lastFault(host)]).toEqual([undefined, undefined]);
    expect(server.journal.entries.filter(({ fault }) => fault !== undefined).length).toBeGreaterThan(2);
    for (const { method, headers, sent } of server.journal.entries) {
      expect(headers.host).toBe(`127.0.0.1:${server.port}`);
      expect(Object.keys(headers).filter((name) => /^(if-|x-amz-checksum|x-amz-trailer)/.test(name))).toEqual(
        [],
      );
      if (method === "PUT") expect(headers["content-length"]).toBe(String(sent?.sizeBytes));
    }
    const copy = openQuickStore();
    await restore(copy.db, chaosBucket(server, { pathStyle: false }));
    expectSame(copy.db, db);
  });

  test("says what is wrong as in Node, and takes no half of an object", async () => {
    const server = await openChaos();
    const { db, host } = await start(server);
    server.region = "eu-west-1";
    expect(await host.tick("snapshot-export")).toContain("502");
    expect(lastFault(host)).toContain("the bucket names eu-west-1");
    server.region = "us-east-1";
    server.clockSkewMs = 7_200_000;
    server.showsDate = false;
    expect(await host.tick("snapshot-export")).toContain("502");
    expect(lastFault(host)).toContain("the clock of this machine and the bucket's differ");
    server.showsDate = true;
    expect(await host.tick("snapshot-export")).toBe(undefined);
    put(db, "later", "x".repeat(9000));
    server.faults.set({ fault: { kind: "cut", length: true }, methods: ["GET"] });
    expect(await host.tick("snapshot-export")).toContain("503");
    expect(lastFault(host)).toContain("bucket_unavailable");
  });

  test.skipIf(!FULL)(
    "gives up a body that stalls and a bucket that says nothing",
    async () => {
      for (const fault of [{ kind: "silence" }, { kind: "stall" }] as const) {
        const server = await openChaos();
        const { host } = await start(server);
        server.faults.set({ fault });
        expect(await host.tick("snapshot-export")).toContain("503");
        expect(lastFault(host)).toContain("bucket_unavailable");
        server.faults.set();
        expect(await host.tick("snapshot-export")).toBe(undefined);
      }
    },
    400_000,
  );
});
