/** The client against the real components, on both engines. */
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { formatToken } from "../../../lib/core/token.ts";
import type { NodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import {
  type Config,
  type ConfigOptions,
  decodeText,
  type Keep,
  openConfig,
  type WatchEvent,
} from "../../../packages/client/index.ts";
import { begin, put, remove } from "../../../testkit/backup.ts";
import { buildFor, LEDGE_MANIFEST, openTestHost, type TestHost } from "../../../testkit/host.ts";
import { testNativeEngine } from "../../../testkit/native.ts";
import { addNamespace, giveToken, tokenOf } from "../../../testkit/proposals.ts";
import { openServedStore } from "../../../testkit/served-store.ts";

const WRITER = tokenOf("b");
const engines = [
  { name: "Wasm", options: () => ({}) },
  { name: "native", options: () => ({ engine: testNativeEngine() }) },
];

beforeAll(() => buildFor(LEDGE_MANIFEST));

interface Opened {
  readonly config: Config;
  readonly host: TestHost;
  /** Starts the server again where it was. */
  again(): Promise<TestHost>;
  readonly db: NodeDb;
  readonly troubles: unknown[];
}

async function open(options: object, more: Partial<ConfigOptions> = {}): Promise<Opened> {
  const { db, host, stateDir } = await openServedStore((store) => {
    begin(store);
    addNamespace(store, "far");
    giveToken(store, WRITER, ["read", "write", "plan", "history"], { namespace: "shop", scope: "" });
  }, options);
  const troubles: unknown[] = [];
  const config = openConfig({
    url: host.url,
    token: formatToken(WRITER),
    namespace: "shop",
    onTrouble: (error) => troubles.push(error),
    ...more,
  });
  onTestFinished(() => config.close());
  const listen = { host: "127.0.0.1", port: Number(new URL(host.url).port) };
  const again = () => openTestHost({ manifest: LEDGE_MANIFEST, ...options, stateDir, listen });
  return { config, host, again, db, troubles };
}

const Limits = z.object({ rps: z.number() });

describe.each(engines)("the client, $name", ({ options }) => {
  test("gives values by their type, and by a schema of the caller's", async () => {
    const { config } = await open(options());
    await config.commit([
      { op: "put", key: "limits", value: { rps: 100 } },
      { op: "put", key: "banner", mediaType: "text/plain", text: "Grüße\n" },
      { op: "put", key: "logo", mediaType: "image/png", base64: "/wA=" },
    ]);
    expect(await config.get("limits")).toEqual({ rps: 100 });
    expect(await config.get("banner")).toBe("Grüße\n");
    expect(await config.get("logo")).toEqual(Uint8Array.of(255, 0));
    expect(await config.get("nowhere")).toBeUndefined();
    const { rps } = await config.get("limits", Limits);
    expect(rps).toBe(100);
    expect(await config.get("nowhere", Limits.default({ rps: 1 }))).toEqual({ rps: 1 });
    await expect(config.get("banner", Limits)).rejects.toMatchObject({ code: "value_unfit" });
  });

  test("writes over nothing that was not named", async () => {
    const { config } = await open(options());
    const { changes } = await config.put("limits", { rps: 1 });
    await expect(config.put("limits", { rps: 2 })).rejects.toMatchObject({ code: "precondition_required" });
    const etag = changes[0]?.etag ?? "";
    await config.put("limits", { rps: 2 }, { if: etag });
    await expect(config.put("limits", { rps: 3 }, { if: etag })).rejects.toMatchObject({
      code: "stale",
      status: 412,
    });
    await config.put("limits", { rps: 4 }, { if: "any", message: "once more" });
    expect(await config.get("limits")).toEqual({ rps: 4 });
    await config.delete("limits", { if: (await config.document("limits"))?.etag ?? "" });
    expect(await config.document("limits")).toBeUndefined();
  });

  test("plans, commits as planned, and reverts", async () => {
    const { config } = await open(options());
    const changes = [{ op: "put", key: "a", value: 1 }] as const;
    const { planDigest, ok } = await config.plan(changes);
    expect(ok).toBe(true);
    const { revision } = await config.commit(changes, { planDigest, message: "as planned" });
    expect((await config.plan({ commit: revision })).changes).toMatchObject([{ op: "delete", key: "a" }]);
    await config.revert({ commit: revision });
    expect(await config.get("a")).toBeUndefined();
  });

  test("lists a prefix, and reads several documents of one state", async () => {
    const { config } = await open(options());
    await config.commit(["a/1", "a/2", "b"].map((key) => ({ op: "put", key, value: key })));
    const { documents } = await config.list("a/");
    expect(documents.map(({ key, bytes }) => [key, decodeText(bytes)])).toEqual([
      ["a/1", '"a/1"'],
      ["a/2", '"a/2"'],
    ]);
    const many = await config.getMany(["a/1", "b", "nowhere"]);
    expect([...many.keys()]).toEqual(["a/1", "b"]);
  });

  test("tells of each commit below a prefix, in order, after the state as it was", async () => {
    const { config, db } = await open(options());
    put(db, "a/1", "1");
    const events: WatchEvent[] = [];
    const watching = config.watch("a/", (event) => void events.push(event), { initial: true });
    await expect.poll(() => events.length).toBe(1);
    const second = put(db, "a/2", "2");
    put(db, "b", "x");
    const third = remove(db, "a/1");
    await expect.poll(() => events.length).toBe(3);
    watching.close();
    await watching.done;
    expect(events).toMatchObject([
      { type: "state", documents: [{ key: "a/1" }] },
      { type: "commit", revision: second, changes: [{ op: "put", key: "a/2" }] },
      { type: "commit", revision: third, changes: [{ op: "delete", key: "a/1" }] },
    ]);
  });

  test("goes on watching where it was when the server comes back", async () => {
    const { config, host, again, db, troubles } = await open(options());
    const revisions: number[] = [];
    config.watch("", ({ revision }) => void revisions.push(revision), { since: 1 });
    const first = put(db, "a", "1");
    await expect.poll(() => revisions.at(-1)).toBe(first);
    await host.stop();
    const second = put(db, "a", "2");
    await expect.poll(() => troubles.length).toBeGreaterThan(0);
    expect(revisions.at(-1)).toBe(first);
    await again();
    await expect.poll(() => revisions.at(-1)).toBe(second);
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
  });

  test("gives the last known good when the server is away, also in a new process", async () => {
    let text = "";
    const keep: Keep = {
      load: () => text,
      save(given) {
        text = given;
      },
    };
    const { config, host, troubles } = await open(options(), { keep, attempts: 1 });
    await config.put("limits", { rps: 100 });
    await config.get("limits");
    await config.close();
    await host.stop();
    expect(await config.document("limits")).toMatchObject({ key: "limits", stale: true });
    expect(troubles).toMatchObject([{ code: "unreachable" }]);
    const next = openConfig({ url: host.url, namespace: "shop", keep, attempts: 1 });
    expect(await next.get("limits", Limits)).toEqual({ rps: 100 });
    await expect(next.get("never read")).rejects.toMatchObject({ code: "unreachable" });
  });
});
