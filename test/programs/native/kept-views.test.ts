/** What a write begins with from memory, and when it is given up. */
import { expect, onTestFinished, test, vi } from "vitest";
import { readView } from "../../../lib/store/documents/view.ts";
import type { Db } from "../../../lib/store/sqlite/driver.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { keptViews } from "../../../programs/native/kept-views.ts";
import { StoreWatch } from "../../../programs/native/store-watch.ts";
import { openWatchedStore } from "../../../testkit/native.ts";
import { propose } from "../../../testkit/proposals.ts";

const PUBLIC = {
  op: "put",
  ns: "_system",
  key: "namespace/shop",
  value: '{"public":true}',
  type: "application/json",
  if: -1,
} as const;

const put = (ns: string, key: string, value: string) => ({ op: "put", ns, key, value }) as const;

/** A look at the file's counter is never due. */
function holdClock(): void {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
}

function openKept() {
  const { file, commits, writer, reader } = openWatchedStore();
  let asked = 0;
  const all: Db["all"] = (sql, params) => {
    asked += 1;
    return reader.all(sql, params);
  };
  const watch = new StoreWatch(reader, commits, "rules");
  const kept = keptViews({ all }, watch);
  const view = () => readView(kept.db, "shop", null);
  return { file, writer, kept, view, asked: () => asked };
}

test("a view is kept over commits of documents, with the head that they reached", () => {
  const { writer, kept, view, asked } = openKept();
  holdClock();
  const { head } = view();
  const before = asked();
  kept.reached(["a", "b", "c"].map((key) => propose(writer, [put("shop", key, "1")])));
  expect(view().head).toBe(head + 3);
  expect(asked()).toBe(before);
});

test("a refusal reaches nothing", () => {
  const { writer, kept, view } = openKept();
  const { head } = view();
  kept.reached([propose(writer, [put("none", "a", "1")])]);
  expect(view().head).toBe(head);
});

test("a commit of a reserved document gives it up before anybody hears of it", () => {
  const { writer, view } = openKept();
  holdClock();
  expect(view().namespace).toBe("{}");
  propose(writer, [PUBLIC], { door: "admin" });
  expect(view().namespace).toBe(PUBLIC.value);
});

test("another process's commit gives it up soon after", async () => {
  const { file, view } = openKept();
  view();
  const other = openNodeDb(file, { wal: true });
  onTestFinished(() => other.close());
  expect(propose(other, [PUBLIC], { door: "admin" }).ok).toBe(true);
  await expect.poll(() => view().namespace).toBe(PUBLIC.value);
});

test("a statement that nobody knows gives it up", () => {
  const { writer, view } = openKept();
  holdClock();
  view();
  writer.all("update entry set value=cast(? as blob) where key='namespace/shop'", [PUBLIC.value]);
  expect(view().namespace).toBe(PUBLIC.value);
});
