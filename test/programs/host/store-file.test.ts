import { copyFileSync, renameSync, rmSync, statSync, truncateSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { type Answer, ask } from "../../../testkit/ask.ts";
import { openGate } from "../../../testkit/gate.ts";
import {
  buildFor,
  LEDGE_MANIFEST,
  openTestHost,
  PROBE_MANIFEST,
  type TestHost,
} from "../../../testkit/host.ts";
import { BOOTSTRAP_SECRET } from "../../../testkit/server.ts";

const openHost = () =>
  openTestHost({
    manifest: LEDGE_MANIFEST,
    variables: { bootstrap_secret: BOOTSTRAP_SECRET },
    withoutStore: ["/healthz", "/openapi.json"],
  });

const codeOf = ({ status, json }: Answer) => (status < 300 ? `${status}` : `${status} ${json.code}`);
const asked = async (host: TestHost, path: string, body?: string) =>
  codeOf(await ask(host, body === undefined ? "GET" : "POST", path, body === undefined ? {} : { body }));
/** A write that anybody may try: the first token. */
const bootstrap = async (host: TestHost, accessor: string) => {
  const json = { name: "root", accessor: accessor.repeat(12), digest: "0".repeat(64) };
  return codeOf(await ask(host, "POST", "/v1/admin/bootstrap", { token: BOOTSTRAP_SECRET, json }));
};

const GOINGS = [
  { what: "was deleted", go: (file: string) => rmSync(file) },
  {
    what: "was renamed over",
    go: (file: string) => {
      copyFileSync(file, `${file}.copy`);
      renameSync(`${file}.copy`, file);
    },
  },
  { what: "lost its second half", go: (file: string) => truncateSync(file, statSync(file).size / 2) },
  { what: "was emptied", go: (file: string) => truncateSync(file, 0) },
];

describe("the file of a store under a running server", () => {
  test.each(GOINGS)("that $what is told by every answer but that the process lives", async ({ go }) => {
    const host = await openHost();
    expect(await bootstrap(host, "a")).toBe("201");
    expect(await asked(host, "/readyz")).toBe("200");
    go(host.databaseFile);
    const replaced = "503 store_replaced";
    expect(await asked(host, "/readyz")).toBe(replaced);
    expect(await asked(host, "/v1/whoami")).toBe(replaced);
    expect(await bootstrap(host, "b")).toBe(replaced);
    expect(await asked(host, "/healthz")).toBe("200");
    expect(await host.tick("snapshot-export")).toContain("the store's file");
    const told = host.lines.filter(({ text }) => text.includes(host.databaseFile));
    expect(told).toHaveLength(1);
  });

  test("serves again once it is back at its name", async () => {
    const host = await openHost();
    await bootstrap(host, "a");
    renameSync(host.databaseFile, `${host.databaseFile}.away`);
    expect(await asked(host, "/readyz")).toBe("503 store_replaced");
    renameSync(`${host.databaseFile}.away`, host.databaseFile);
    expect(await asked(host, "/readyz")).toBe("200");
  });

  test("that became an older copy of itself, in place, is told", async () => {
    const host = await openHost();
    expect(await bootstrap(host, "a")).toBe("201");
    const copy = `${host.databaseFile}.copy`;
    copyFileSync(host.databaseFile, copy);
    const db = openNodeDb(host.databaseFile);
    db.all("create table later (a)");
    db.close();
    expect(await asked(host, "/readyz")).toBe("200");
    const { ino } = statSync(host.databaseFile);
    copyFileSync(copy, host.databaseFile);
    expect(statSync(host.databaseFile).ino).toBe(ino);
    expect(await asked(host, "/readyz")).toBe("503 store_replaced");
    expect(await bootstrap(host, "b")).toBe("503 store_replaced");
  });

  test("may become smaller by a vacuum", async () => {
    const host = await openHost();
    await bootstrap(host, "a");
    const db = openNodeDb(host.databaseFile);
    try {
      db.all("create table ballast (bytes blob)");
      db.all("insert into ballast values (zeroblob(1000000))");
      expect(await asked(host, "/readyz")).toBe("200");
      const large = statSync(host.databaseFile).size;
      db.all("drop table ballast");
      db.all("vacuum");
      expect(statSync(host.databaseFile).size).toBeLessThan(large);
      expect(await asked(host, "/readyz")).toBe("200");
    } finally {
      db.close();
    }
  });

  test("acknowledges nothing that was done while it went", async () => {
    await buildFor(PROBE_MANIFEST, ["quick"]);
    const gate = await openGate();
    const host = await openTestHost({ variables: { outside: gate.url } });
    const made = JSON.stringify([["create table t (a)", []]]);
    expect(await asked(host, "/quick/sql", made)).toBe("200");
    const waiting = asked(host, `/quick/fetch?${gate.url}/`, "x");
    await expect.poll(gate.waiting).toBe(1);
    renameSync(host.databaseFile, `${host.databaseFile}.away`);
    gate.open();
    expect(await waiting).toMatch(/^503 (outcome_unknown|store_replaced)$/);
  });
});
