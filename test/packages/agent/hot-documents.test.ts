import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HotDocuments } from "../../../packages/agent/hot-documents.ts";
import { runLane, type TestLane } from "../../../testkit/edge/lanes.ts";
import { ModelOrigin } from "../../../testkit/edge/model-source.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const NO_TEXT = Uint8Array.of(0xff, 0xfe, 0);
const DOCUMENTS = [
  { key: "json", mediaType: "application/json", bytes: utf8('{"a":[1,"ü"]}'), value: { a: [1, "ü"] } },
  { key: "also-json", mediaType: "application/problem+json; charset=utf-8", bytes: utf8("7"), value: 7 },
  { key: "text", mediaType: "text/plain", bytes: utf8("\ufeffzwei\0"), value: "\ufeffzwei\0" },
  { key: "yaml", mediaType: "application/yaml", bytes: utf8("a: 1"), value: "a: 1" },
  { key: "empty", mediaType: "text/plain", bytes: utf8(""), value: "" },
  { key: "bytes", mediaType: "application/octet-stream", bytes: NO_TEXT, value: NO_TEXT },
] as const;

describe("HotDocuments", () => {
  let folder: string;
  let running: TestLane;
  let hot: HotDocuments;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "ledge-hot-"));
    const origin = new ModelOrigin();
    const source = origin.source({ pageCommits: 10, pageDocuments: 10 });
    running = runLane(folder, [
      {
        ...source,
        async snapshot(subject, next, signal) {
          const page = await source.snapshot(subject, next, signal);
          const around = { namespace: "shop", revision: 1, createdRevision: 1, version: 1, modifiedMs: 0 };
          return { ...page, documents: DOCUMENTS.map((one) => ({ ...one, ...around })) };
        },
      },
    ]);
    await expect.poll(() => running.lane.replica).toBeDefined();
    hot = new HotDocuments(running.lane);
  });
  afterEach(async () => {
    await running.stop();
    rmSync(folder, { recursive: true });
  });

  test.each(DOCUMENTS)("gives the value and the bytes of $mediaType", ({ key, bytes, value }) => {
    expect(hot.value(key)).toEqual(value);
    expect(hot.find(key)?.bytes).toEqual(bytes);
  });

  test("gives one object from the second read on, until its key is forgotten", () => {
    hot.value("json");
    const first = hot.value("json");
    expect(hot.value("json")).toBe(first);
    hot.forget(new Set(["text"]));
    expect(hot.value("json")).toBe(first);
    hot.forget(new Set(["json"]));
    expect(hot.value("json")).not.toBe(first);
    const second = hot.value("json");
    hot.forget(undefined);
    expect(hot.value("json")).not.toBe(second);
  });

  test("gives nothing for what is not there", () => {
    expect([hot.value("none"), hot.find("none")]).toEqual([undefined, undefined]);
  });
});
