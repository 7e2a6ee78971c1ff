/** Which requests run beside the main thread, and for how long a thread without work stays. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Order } from "../../../programs/host/pool/protocol.ts";
import { nativeEngine } from "../../../programs/native/engine.ts";
import { noCommits } from "../../../programs/native/store-watch.ts";
import { Thread } from "../../../programs/native/thread.ts";
import { openGate } from "../../../testkit/gate.ts";
import { LEDGE_MANIFEST, openTestHost, testFolder } from "../../../testkit/host.ts";
import { openWatchedStore } from "../../../testkit/native.ts";
import { threadFile } from "../../../testkit/threads.ts";

/** The threads' program, whose reading threads hold requests at a gate, and answer with a header of their own. */
function heldReaders(gateUrl: string): string {
  const file = join(testFolder(), "held-readers.mjs");
  writeFileSync(
    file,
    `import { parentPort, workerData } from "node:worker_threads";
if (workerData.settings.role !== "read") await import(${JSON.stringify(pathToFileURL(threadFile("native-worker")).href)});
else {
  parentPort.on("message", async ({ type, id, request }) => {
    if (type === "stop") {
      parentPort.postMessage({ type: "stopped" });
      parentPort.close();
    } else if (type === "http") {
      if (request.uri !== "/free") await fetch(${JSON.stringify(gateUrl)});
      parentPort.postMessage({ type: "reply", id, reply: { status: 200, headers: ["x-thread", "read"] } });
    }
  });
  parentPort.postMessage({ type: "ready" });
}
`,
  );
  return file;
}

const HEAVY: readonly (readonly [method: string, path: string, body?: string])[] = [
  ["GET", "/v1/list/demo?limit=1000"],
  ["GET", "/v1/diff/demo?from=1"],
  ["GET", "/v1/history/demo?prefix=a"],
  ["GET", "/v1/changes?since=0"],
  ["GET", "/v1/commits"],
  ["GET", "/v1/admin/status"],
  ["GET", "/metrics"],
  ["POST", "/v1/commit", "x".repeat(65_537)],
];
const SMALL: typeof HEAVY = [
  ["GET", "/v1/read/demo?key=a"],
  ["GET", "/v1/whoami"],
  ["GET", "/readyz"],
  ["POST", "/v1/commit", "x".repeat(65_536)],
];

test("small requests are answered while pages and large bodies run in a reading thread", async () => {
  const gate = await openGate();
  const engine = nativeEngine({ workerFile: heldReaders(gate.url) });
  const { url } = await openTestHost({ manifest: LEDGE_MANIFEST, engine });
  const threadOf = async ([method, path, body]: (typeof HEAVY)[number]) => {
    const answer = await fetch(`${url}${path}`, { method, ...(body === undefined ? {} : { body }) });
    return [path, answer.headers.get("x-thread")];
  };
  const heavy = HEAVY.map(threadOf);
  await expect.poll(() => gate.waiting()).toBe(HEAVY.length);
  for (const small of SMALL) expect(await threadOf(small)).toEqual([small[1], null]);
  expect(gate.waiting()).toBe(HEAVY.length);
  gate.open();
  expect(await Promise.all(heavy)).toEqual(HEAVY.map(([, path]) => [path, "read"]));
});

describe("a thread that reads", () => {
  const page = (uri: string): Order => ({
    type: "http",
    component: "admin",
    request: { method: "GET", uri, headers: [], body: new Uint8Array(0) },
    variables: {},
  });

  function openReader({ idleMs, workerFile }: { idleMs: number; workerFile: string }) {
    const { file } = openWatchedStore();
    const lost: string[] = [];
    const thread = new Thread({
      workerFile,
      settings: { role: "read", file, wal: true, commits: noCommits(), variables: {} },
      onOutput: () => {},
      onMessage: () => {},
      onLost: (text) => lost.push(text),
      idleMs,
    });
    onTestFinished(async () => void (await thread.stop(0)));
    return { thread, lost };
  }

  test("is ended when it has had no work for a while, and is there again for what comes", async () => {
    const { thread, lost } = openReader({ idleMs: 1, workerFile: threadFile("native-worker") });
    for (let round = 0; round < 2; round += 1) {
      expect(await thread.run(page("/readyz"), 300_000)).toMatchObject({
        type: "reply",
        reply: { status: 200 },
      });
      await expect.poll(() => thread.isThere).toBe(false);
    }
    // With its store closed: another process may have it at once.
    expect(await thread.stop(0)).toBe(undefined);
    expect(lost).toEqual([]);
  });

  test("is not ended while it is at work, whoever has ceased to wait for it", async () => {
    const gate = await openGate();
    const { thread } = openReader({ idleMs: 60_000, workerFile: heldReaders(gate.url) });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const held = thread.run(page("/held"), 1000);
    await expect.poll(() => gate.waiting()).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(await held).toEqual({ type: "timeout" });
    expect(await thread.run(page("/free"), 1000)).toMatchObject({ type: "reply" });
    vi.advanceTimersByTime(60_000);
    expect(thread.isThere).toBe(true);
    gate.open();
    await expect
      .poll(() => {
        vi.advanceTimersByTime(60_000);
        return thread.isThere;
      })
      .toBe(false);
  });
});
