import { copyFileSync, renameSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { buildFor, openTestHost, PROBE_MANIFEST, root, type TestHost } from "../../../testkit/host.ts";

const SECRET = "a-bootstrap-secret-of-forty-characters-x";
const openHost = () =>
  openTestHost({
    manifest: join(root, "spin.toml"),
    variables: { bootstrap_secret: SECRET },
    withoutStore: ["/healthz", "/openapi.json"],
  });

const asked = async (host: TestHost, path: string, init?: RequestInit) => {
  const reply = await fetch(`${host.url}${path}`, init);
  const body = await reply.text();
  return reply.ok ? `${reply.status}` : `${reply.status} ${JSON.parse(body).code}`;
};
/** A write that anybody may try: the first token. */
const bootstrap = (host: TestHost, accessor: string) =>
  asked(host, "/v1/admin/bootstrap", {
    method: "POST",
    headers: { authorization: `Bearer ${SECRET}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "root", accessor: accessor.repeat(12), digest: "0".repeat(64) }),
  });

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
    const host = await openTestHost();
    const made = { method: "POST", body: JSON.stringify([["create table t (a)", []]]) };
    expect(await asked(host, "/quick/sql", made)).toBe("200");
    const waiting = asked(host, "/quick/sleep?3000", { method: "POST", body: "x" });
    await setTimeout(500);
    renameSync(host.databaseFile, `${host.databaseFile}.away`);
    expect(await waiting).toMatch(/^503 (outcome_unknown|store_replaced)$/);
  });
});
