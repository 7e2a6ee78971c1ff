/** Idempotency over a restore: what a commit named without changing it comes back with it. */
import { describe, expect, test } from "vitest";
import { begin, expectSame, openQuickStore, put, restore, SMALL, tick } from "../../../testkit/backup.ts";
import { memoryBucket } from "../../../testkit/bucket.ts";
import { propose, type TestChange } from "../../../testkit/proposals.ts";

const CHECKED: TestChange = { op: "check", ns: "shop", key: "there", if: 3 };
const SENT: readonly TestChange[] = [
  { op: "put", ns: "shop", key: "new", value: "1", if: 0 },
  { op: "put", ns: "shop", key: "same", value: "as it was", if: -1 },
];
const ONCE = { requestId: "once" };

describe.each([
  { from: "a segment", limits: { ...SMALL, baseBytesMin: 100_000_000 }, binary: false },
  {
    from: "a segment with bytes that are not text",
    limits: { ...SMALL, baseBytesMin: 100_000_000 },
    binary: true,
  },
  { from: "a base", limits: { ...SMALL, baseBytesMin: 1 }, binary: false },
])("a repeat after a restore from $from", ({ limits, binary }) => {
  test("is answered as the first time, and refused with one operation more", async () => {
    const { db } = openQuickStore();
    const bucket = memoryBucket();
    begin(db);
    expect(put(db, "there", "x")).toBe(3);
    put(db, "same", "as it was");
    const first = propose(db, SENT, ONCE);
    expect(first).toMatchObject({ ok: true, replayed: false });
    if (binary) put(db, "bytes", Uint8Array.of(255));
    for (let n = 0; n < 3; n += 1) await tick(db, bucket, { limits });
    const copy = openQuickStore().db;
    await restore(copy, bucket);
    expectSame(copy, db);
    expect(propose(copy, [...SENT, CHECKED], ONCE)).toMatchObject({
      ok: false,
      code: "idempotency_mismatch",
    });
    expect(propose(copy, SENT.slice(0, 1), ONCE)).toMatchObject({ ok: false, code: "idempotency_mismatch" });
    expect(propose(copy, SENT, ONCE)).toEqual({ ...first, replayed: true });
  });
});
