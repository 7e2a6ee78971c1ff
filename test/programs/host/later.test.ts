import Database from "better-sqlite3";
import { beforeAll, describe, expect, test } from "vitest";
import { buildFor, openTestHost, PROBE_MANIFEST, type TestHost } from "../../../testkit/host.ts";

beforeAll(() => buildFor(PROBE_MANIFEST));

function notes(host: TestHost): number {
  const db = new Database(host.databaseFile, { fileMustExist: false });
  try {
    const exists = db.prepare("select 1 from sqlite_master where name='later'").get();
    return exists === undefined ? 0 : Number(db.prepare("select count(*) from later").pluck().get());
  } finally {
    db.close();
  }
}

async function answerTo(host: TestHost, path: string): Promise<[number, string]> {
  const response = await fetch(`${host.url}${path}`);
  return [response.status, await response.text()];
}

describe.each([
  { name: "memory reset", freshInstances: false },
  { name: "fresh instances", freshInstances: true },
])("work after the answer, with $name", ({ freshInstances }) => {
  test("goes on in its worker while the answer is out, and others are answered", async () => {
    const host = await openTestHost({ freshInstances });
    expect(await answerTo(host, "/scheduled/later?3000")).toEqual([202, "later"]);
    expect(notes(host)).toBe(0);
    expect(await host.json("/scheduled/count")).toEqual({ counter: 1 });
    await expect.poll(() => notes(host)).toBe(1);
  });

  test("is reached by a chained call, whose caller goes on at once", async () => {
    const host = await openTestHost({ freshInstances });
    const [status, text] = await answerTo(
      host,
      "/quick/fetch?http://scheduled.spin.internal/scheduled/later?3000",
    );
    expect([status, JSON.parse(text)]).toEqual([200, { status: 202, body: "later" }]);
    expect(notes(host)).toBe(0);
    await expect.poll(() => notes(host)).toBe(1);
  });

  test("is waited for when the host stops", async () => {
    const host = await openTestHost({ freshInstances });
    await answerTo(host, "/scheduled/later?1500");
    await host.stop();
    expect(notes(host)).toBe(1);
  });
});

describe("work after the answer", () => {
  test("that throws is logged, and takes nothing from the answer", async () => {
    const host = await openTestHost();
    expect(await answerTo(host, "/scheduled/later?throw")).toEqual([202, "later"]);
    await expect.poll(() => host.lines.map(({ text }) => text).join("")).toContain("thrown after the answer");
  });

  test("that never ends is ended at the host's limit", async () => {
    const host = await openTestHost({ tickTimeoutMs: 1500 });
    const [status] = await answerTo(host, "/scheduled/later?loop");
    expect(status).toBe(202);
    expect(await host.json("/scheduled/count")).toEqual({ counter: 1 });
  });

  test("does not keep a stopping host for ever", async () => {
    const host = await openTestHost();
    await answerTo(host, "/scheduled/later?600000");
    // Otherwise this would not come to its end before the test's own time does.
    await host.stop();
    expect(notes(host)).toBe(0);
  });
});

describe("a chained call to a scheduled component", () => {
  test.each([1, 2])("never holds up all of %i workers of the callers", async (workers) => {
    const host = await openTestHost({ workers });
    const calls = Array.from({ length: 30 }, () =>
      host.json("/quick/fetch?http://scheduled.spin.internal/scheduled/sleep"),
    );
    const answers = await Promise.all(calls);
    expect(answers).toEqual(answers.map(() => ({ status: 200, body: '"slept"' })));
  });

  test("gets a 500 when the other fails", async () => {
    const host = await openTestHost();
    for (const path of ["never", "nothing"])
      expect(await host.json(`/quick/fetch?http://scheduled.spin.internal/scheduled/${path}`)).toMatchObject({
        status: 500,
      });
  });
});
