/** The chaos server itself: strict when it is well, and failing as it was told to, the same way for one seed. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { utf8 } from "../../lib/bucket/bytes.ts";
import type { Preconditions } from "../../testkit/chaos/answers.ts";
import type { Fault } from "../../testkit/chaos/faults.ts";
import type { ChaosServer } from "../../testkit/chaos/server.ts";
import { signedHeaders } from "../../testkit/chaos/signature.ts";
import { chaosBucket, openChaos } from "../../testkit/chaos.ts";
import { testFolder } from "../../testkit/host.ts";

const ONCE = { attempts: 1, timeoutMs: 300 };

interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** What is sent instead of what was signed. */
  readonly sent?: Partial<Asked>;
}

/** A request that is signed as it must be, and may be changed after that. */
async function ask(server: ChaosServer, { method = "GET", path, headers = {}, body = "", sent = {} }: Asked) {
  const signed = await signedHeaders(server, { method, path, headers, body });
  const payload = sent.body ?? body;
  return fetch(`${server.endpoint}${sent.path ?? path}`, {
    method: sent.method ?? method,
    headers: { ...signed, ...sent.headers },
    ...(payload === "" ? {} : { body: payload }),
  });
}

describe("a well chaos server", () => {
  test("does what is signed, and refuses what was changed after that", async () => {
    const server = await openChaos();
    const put = { method: "PUT", path: "/ledge/a", body: "one" };
    expect((await ask(server, put)).status).toBe(200);
    const cases: { sent: Partial<Asked>; status: number; code: string }[] = [
      { sent: { path: "/ledge/b" }, status: 403, code: "SignatureDoesNotMatch" },
      { sent: { method: "DELETE" }, status: 403, code: "SignatureDoesNotMatch" },
      { sent: { body: "two" }, status: 400, code: "XAmzContentSHA256Mismatch" },
      { sent: { headers: { "x-amz-acl": "public-read" } }, status: 403, code: "AccessDenied" },
      { sent: { headers: { authorization: "" } }, status: 400, code: "AuthorizationHeaderMalformed" },
    ];
    for (const { sent, status, code } of cases) {
      const answer = await ask(server, { ...put, sent });
      expect([answer.status, await answer.text()]).toEqual([
        status,
        expect.stringContaining(`<Code>${code}<`),
      ]);
    }
    expect((await fetch(`${server.endpoint}/ledge/a`)).status).toBe(403);
    expect([...server.objects.state()].map(([name, bytes]) => [name, Buffer.from(bytes).toString()])).toEqual(
      [["a", "one"]],
    );
  });

  test("refuses what no client of ours may send", async () => {
    const server = await openChaos();
    for (const headers of [
      { "content-encoding": "aws-chunked" },
      { "x-amz-checksum-crc32": "AAAAAA==" },
      { "x-amz-trailer": "x-amz-checksum-crc32" },
    ]) {
      const answer = await ask(server, { method: "PUT", path: "/ledge/a", body: "x", headers });
      expect([headers, answer.status]).toEqual([headers, expect.toSatisfy((status) => status >= 400)]);
    }
    expect(server.objects.names()).toEqual([]);
  });

  const outcomes: Record<Preconditions, number[]> = {
    enforced: [200, 412, 412],
    racy: [200, 200, 200],
    ignored: [200, 200, 200],
    refused: [501, 501, 501],
  };
  for (const mode of ["enforced", "racy", "ignored", "refused"] as const) {
    test(`has conditions ${mode}, also when three ask at once`, async () => {
      const server = await openChaos({ preconditions: mode });
      const put = { method: "PUT", path: "/ledge/a", headers: { "if-none-match": "*" } };
      const answers = await Promise.all(["1", "2", "3"].map((body) => ask(server, { ...put, body })));
      expect(answers.map(({ status }) => status).sort()).toEqual(outcomes[mode]);
      const late = await ask(server, { ...put, body: "4" });
      expect(late.status).toBe(mode === "racy" ? 412 : outcomes[mode].at(-1));
    });
  }

  test("keeps a journal in a file without signatures, and its objects in a folder", async () => {
    const folder = testFolder();
    const journalFile = join(folder, "journal");
    const server = await openChaos({ journalFile, folder: join(folder, "objects") });
    await chaosBucket(server).put("a.json", utf8("x"));
    const [line = ""] = readFileSync(journalFile, "utf8").split("\n");
    expect(JSON.parse(line)).toMatchObject({ order: 1, method: "PUT", name: "ledge/a.json", status: 200 });
    expect(line).not.toMatch(/Signature|authorization/);
    expect(readFileSync(join(folder, "objects", "ledge%2Fa.json"), "utf8")).toBe("x");
  });
});

describe("a failing chaos server", () => {
  test("makes the same choices for the same seed, and others for another", async () => {
    const struck = async (seed: number) => {
      const server = await openChaos({ seed });
      server.faults.set(
        { fault: { kind: "error", status: 503, code: "SlowDown" }, rate: 0.3 },
        { fault: { kind: "reset" }, rate: 0.3, methods: ["PUT"] },
      );
      const bucket = chaosBucket(server, {}, ONCE);
      for (let n = 0; n < 15; n += 1) {
        await bucket.put(`${n}`, utf8("x")).catch(() => {});
        await bucket.list("").catch(() => {});
      }
      return server.journal.entries.map(({ fault }) => fault?.kind ?? "well");
    };
    expect(await struck(7)).toEqual(await struck(7));
    expect(await struck(7)).not.toEqual(await struck(8));
  });

  test("shows lists and objects as they were, and what was taken away", async () => {
    const server = await openChaos();
    const bucket = chaosBucket(server);
    await bucket.put("a", utf8("old"));
    await bucket.put("a", utf8("new"));
    await bucket.put("b", utf8("b"));
    await bucket.remove("a");
    server.faults.set({ fault: { kind: "stale", operations: 3 } });
    expect(await bucket.list("")).toEqual(["a"]);
    expect(Buffer.from((await bucket.get("a", 9)) ?? "").toString()).toBe("old");
    expect(await bucket.get("b", 9)).toBe(undefined);
    server.faults.set();
    expect(await bucket.list("")).toEqual(["b"]);
  });

  const effects: [Fault, string | undefined][] = [
    [{ kind: "reset" }, undefined],
    [{ kind: "silence" }, undefined],
    [{ kind: "error", status: 500, code: "InternalError" }, undefined],
    [{ kind: "lost" }, "whole"],
    [{ kind: "torn", told: false }, "wh"],
  ];
  test.each(effects)("fails a PUT by %j", async (fault, stored) => {
    const server = await openChaos();
    server.faults.set({ fault });
    const put = chaosBucket(server, {}, ONCE).put("a", utf8("whole"));
    await expect(put).rejects.toMatchObject({ code: "bucket_unavailable" });
    const bytes = server.objects.state().get("ledge/a");
    expect(bytes === undefined ? undefined : Buffer.from(bytes).toString()).toBe(stored);
  });

  test("reports success for torn objects, and publishes what came of a cut upload", async () => {
    const server = await openChaos({ publishesTorn: true });
    server.faults.set({ fault: { kind: "torn", told: true } });
    await chaosBucket(server, {}, ONCE).put("a", utf8("whole"));
    expect(server.objects.find("ledge/a")?.bytes.length).toBe(2);
    server.faults.set();
    await cutUpload(server, "ledge/b");
    expect(server.objects.find("ledge/b")?.bytes.length).toBe(4);
    expect(server.journal.entries.at(-1)).toMatchObject({ sent: undefined, status: undefined });
  });
});

/** Sends four of nine bytes and goes away; resolves when the server has noticed. */
async function cutUpload(server: ChaosServer, name: string): Promise<void> {
  const { connect } = await import("node:net");
  const before = server.journal.entries.length;
  const socket = connect(server.port, "127.0.0.1");
  socket.write(`PUT /ledge/${name} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nfour`, () => socket.end());
  while (server.journal.entries.length === before) await new Promise((done) => setTimeout(done, 5));
}
