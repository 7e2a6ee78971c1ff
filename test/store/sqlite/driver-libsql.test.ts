import { createServer } from "node:net";
import { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Db, type FaultKind, faultKind, StoreFault } from "../../../lib/store/sqlite/driver.ts";
import { requireDurable } from "../../../lib/store/sqlite/durability.ts";
import { inTransaction } from "../../../lib/store/sqlite/transaction.ts";
import { freePort, noSqld, onSqld, openSqld, startSqld } from "../../../testkit/sqld.ts";

/** The kind of a failure and its words; "none" when nothing failed. */
function failure(work: () => unknown): [FaultKind | "none", string] {
  try {
    work();
    return ["none", ""];
  } catch (error) {
    if (error instanceof StoreFault) return [faultKind(error), error.text];
    throw error;
  }
}

const kindOf = (work: () => unknown) => failure(work)[0];
function makeTable(db: Db): void {
  db.all("create table t (a integer primary key, b)");
}

describe.skipIf(noSqld !== undefined)(onSqld("a libSQL server's failures"), () => {
  test("have the words that Spin's backend gives them", async () => {
    const { url } = await startSqld();
    const db = await openSqld(url);
    makeTable(db);
    db.all("insert into t values (1, 2)");
    expect(failure(() => db.all("insert into t values (1, 2)"))[1]).toBe(
      "Hrana: `cursor error: `error at step 0: (error code: SQLITE_CONSTRAINT) `SQLite error: UNIQUE constraint failed: t.a```",
    );
    expect(failure(() => db.all("select * from missing"))).toEqual([
      "no_table",
      "Hrana: `cursor error: `error at step 0: (error code: SQLITE_UNKNOWN) `SQLite error: no such table: missing```",
    ]);
    expect(failure(() => db.all("vacuum"))[1]).toBe(
      'Hrana: `api error: `{"error":"Internal Error: `SQL string could not be parsed: unsupported statement: vacuum`"}``',
    );
    expect(failure(() => db.all("select ?1", []))[1]).toContain("Got 0, needed 1");
    expect(db.all("select count(*) from t")).toEqual([[1]]);
  });

  test("are too_large over the server's limits, and not below", async () => {
    const { url } = await startSqld();
    const db = await openSqld(url);
    makeTable(db);
    expect(db.all("select length(?)", [new Uint8Array(5_000_000)])).toEqual([[5_000_000]]);
    // "Arguments do not match SQL parameters: string or blob too big", and SQLITE_TOOBIG for what SQL makes.
    expect(kindOf(() => db.all("select length(?)", [new Uint8Array(5_000_001)]))).toBe("too_large");
    expect(kindOf(() => db.all("select zeroblob(5000001)"))).toBe("too_large");
    const rows =
      "with recursive c(x) as (select 1 union all select x+1 from c where x<?) select zeroblob(4000000) from c";
    // 20 MB: twice what the server's other route, /v2/pipeline, would send.
    expect(db.all(rows, [5])).toHaveLength(5);
    if (process.env.LEDGE_FULL === "1") expect(kindOf(() => db.all(rows, [34]))).toBe("too_large");
  });

  test("let the next transaction in when a holder is gone; its late commit is busy", async () => {
    const { url } = await startSqld();
    const [gone, next] = [await openSqld(url), await openSqld(url)];
    makeTable(next);
    gone.all("begin immediate");
    gone.all("insert into t values (1, 'gone')");
    inTransaction(next, () => next.all("insert into t values (2, 'next')"));
    // An answer with status 200 in which the step has failed with TRANSACTION_TIMEOUT.
    const [kind, text] = failure(() => gone.all("commit"));
    expect([kind, text]).toEqual(["busy", expect.stringContaining("Transaction timed out")]);
    expect(next.all("select b from t")).toEqual([["next"]]);
  });

  test("roll back what a closed connection left open, at once", async () => {
    const { url } = await startSqld();
    // Less patient than the server, which ends a transaction that others wait for only after 5 s.
    const [left, next] = [await openSqld(url), await openSqld(url, { answerMs: 3000 })];
    makeTable(next);
    left.all("begin immediate");
    left.all("insert into t values (1, 1)");
    left.close();
    expect(kindOf(() => next.all("insert into t values (2, 2)"))).toBe("none");
    expect(next.all("select a from t")).toEqual([[2]]);
  });

  test("go on by themselves after a stream has expired or the server was started again", async () => {
    const server = await startSqld();
    const db = await openSqld(server.url);
    makeTable(db);
    await server.kill();
    await server.start();
    expect(db.all("select count(*) from t")).toEqual([[0]]);
    // In a transaction nothing of it is left, and the next statement must not run alone.
    db.all("begin immediate");
    db.all("insert into t values (1, 1)");
    await server.kill();
    await server.start();
    expect(kindOf(() => db.all("insert into t values (2, 2)"))).toBe("busy");
    expect(db.all("select count(*) from t")).toEqual([[0]]);
  });
});

describe.skipIf(noSqld !== undefined)(onSqld("a libSQL server that is away"), () => {
  test("is told apart by whether anything was sent", async () => {
    const server = await startSqld();
    const db = await openSqld(server.url);
    makeTable(db);
    await server.kill();
    const fresh = await openSqld(server.url);
    expect(kindOf(() => fresh.all("insert into t values (1, 1)"))).toBe("away");
    // On a connection that was open the request may be on its way when it breaks; a transaction knows better.
    expect(kindOf(() => inTransaction(db, () => {}))).toBe("away");
  });

  test.each([
    { at: "insert into t values (1, 1)", kind: "away" },
    { at: "commit", kind: "lost" },
  ])("does not hang: without an answer to $at it is $kind", async ({ at, kind }) => {
    const server = await startSqld();
    const db = await openSqld(server.url, { answerMs: 500 });
    makeTable(db);
    const sent: string[] = [];
    const all = (statement: string) => {
      sent.push(statement);
      if (statement === at) server.freeze();
      return db.all(statement);
    };
    const found = kindOf(() => inTransaction({ all }, () => all("insert into t values (1, 1)")));
    expect([found, sent.includes(at)]).toEqual([kind, true]);
    // The server is frozen still: a rollback that asked it would be `lost`, after another wait.
    expect(failure(() => db.all("rollback"))).toEqual([
      "other",
      expect.stringContaining("no transaction is active"),
    ]);
    server.resume();
    await expect.poll(() => kindOf(() => db.all("select 1"))).toBe("none");
  });

  test("does not hang when it never takes the connection, or answers by drops", async () => {
    const port = await freePort();
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(port, "127.0.0.1", resolve));
    onTestFinished(() => void silent.close());
    const db = await openSqld(`http://127.0.0.1:${port}`, { answerMs: 300 });
    expect(kindOf(() => db.all("select 1"))).toBe("lost");
    const dripping = await serve("setInterval(() => response.write(' '), 50)");
    const other = await openSqld(dripping, { answerMs: 300 });
    expect(kindOf(() => other.all("select 1"))).toBe("lost");
  });

  test("is not mistaken for one when something else answers", async () => {
    const page = await serve("response.end('<html>')");
    const db = await openSqld(page);
    expect(failure(() => db.all("select 1"))).toEqual([
      "other",
      expect.stringContaining("not an answer of Hrana"),
    ]);
  });
});

/** A server in a thread of its own, since this one sleeps while it waits. */
async function serve(answer: string): Promise<string> {
  const worker = new Worker(
    `const { parentPort } = require("node:worker_threads");
     const server = require("node:http").createServer((request, response) => { ${answer} });
     server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));`,
    { eval: true },
  );
  onTestFinished(async () => void (await worker.terminate()));
  const port = await new Promise((resolve) => worker.once("message", resolve));
  return `http://127.0.0.1:${port}`;
}

describe.skipIf(noSqld !== undefined)(onSqld("how durably a libSQL server writes"), () => {
  test("is below FULL unless it is told strong, and refused unless a setting accepts it", async () => {
    const adminPort = await freePort();
    const { url } = await startSqld(["--admin-listen-addr", `127.0.0.1:${adminPort}`]);
    const judge = async (acceptWeak: boolean) => {
      const judged = requireDurable(await openSqld(url), { acceptWeak });
      return judged.ok ? judged.value : judged.code;
    };
    expect(await judge(false)).toBe("not_durable");
    expect(await judge(true)).toMatchObject({ synchronous: 1, journal: "wal", onServer: true });
    const config = { durability_mode: "strong", block_reads: false, block_writes: false };
    const told = await fetch(`http://127.0.0.1:${adminPort}/v1/namespaces/default/config`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(config),
    });
    expect(told.status).toBe(200);
    expect(await judge(false)).toMatchObject({ synchronous: 2, journal: "wal", onServer: true });
  });
});
