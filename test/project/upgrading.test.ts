/** docs/upgrading.md: a store of an earlier format is checked, upgraded, regretted, and had back, as the page says. */
import { createHash } from "node:crypto";
import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { migrate, readFormat } from "../../lib/store/sqlite/migrate.ts";
import { type Fixture, fixtures, unpack } from "../../testkit/formats/fixture.ts";
import { ledge, root, type StartedServer, serve, temporaryFolder } from "../../testkit/processes.ts";
import { committedMigrations } from "../../testkit/store.ts";

const migrations = committedMigrations();
const newest = migrations.at(-1)?.version ?? 0;
const [earlier] = fixtures();

function formatOf(file: string): number {
  const db = openNodeDb(file, { readonly: true, mustExist: true });
  try {
    return readFormat(db);
  } finally {
    db.close();
  }
}

const hashOf = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

/** A data folder with a store of the earlier version and its bucket. */
function dataOf(name: string): string {
  if (earlier === undefined) throw new Error("there is no fixture");
  const store = earlier.expected.stores.find((one) => one.name === name);
  if (store === undefined) throw new Error(`the fixture has no store ${name}`);
  const data = unpack(earlier, store);
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  return data;
}

function fileOf({ folder }: Fixture, path: string): string {
  const { path: made, remove } = temporaryFolder("upgrade");
  onTestFinished(remove);
  const file = join(made, "ledge.db");
  writeFileSync(file, gunzipSync(readFileSync(join(folder, path))));
  return file;
}

describe("ledge upgrade-check", () => {
  test.each([
    { path: "moved/ledge.db.gz", status: 8, proven: true },
    { path: "pending/ledge.db.gz", status: 8, proven: true },
    { path: "origin/ledge.db.gz", status: 1, proven: false },
  ])("of the earlier $path ends with $status, and changes nothing", async ({ path, status, proven }) => {
    if (earlier === undefined) throw new Error("there is no fixture");
    const file = fileOf(earlier, path);
    const before = hashOf(file);
    const ran = await ledge(["upgrade-check", "--db", file, "-o", "json"]);
    expect([ran.status, ran.stderr]).toEqual([status, ""]);
    const report = JSON.parse(ran.stdout);
    expect(report).toMatchObject({ newestFormat: newest, proven, format: formatOf(file) });
    const due = migrations.filter(({ version }) => version > report.format);
    expect(report.migrations).toHaveLength(due.length);
    expect([due.length > 0, hashOf(file)]).toEqual([true, before]);
  });

  test("says what to do next, as it can be typed", async () => {
    if (earlier === undefined) throw new Error("there is no fixture");
    const { stdout } = await ledge(["upgrade-check", "--db", fileOf(earlier, "origin/ledge.db.gz")]);
    expect(stdout).toMatch(/^bucket +proven up to revision \d+, \d+ behind/m);
    expect(stdout).toMatch(/^next .*ledge.* backup run`/m);
  });

  test("refuses a newer store, a file that is none, and one that is not there", async () => {
    if (earlier === undefined) throw new Error("there is no fixture");
    const newer = fileOf(earlier, "moved/ledge.db.gz");
    const db = openNodeDb(newer);
    migrate(db, migrations);
    db.all(`update store set format = ${newest + 1}`);
    db.close();
    const none = join(root, "package.json");
    for (const [file, status, says] of [
      [newer, 6, /store_newer/],
      [none, 1, /not a database/],
      [`${newer}.none`, 3, /there is no store/],
    ] as const) {
      const ran = await ledge(["upgrade-check", "--db", file]);
      expect([file, ran.status, ran.stderr]).toEqual([file, status, expect.stringMatching(says)]);
    }
  });

  test("refuses a copy whose documents are not what their history says", async () => {
    if (earlier === undefined) throw new Error("there is no fixture");
    const file = fileOf(earlier, "moved/ledge.db.gz");
    const db = openNodeDb(file);
    db.all("update entry set value = cast('other' as blob) where rowid = (select min(rowid) from entry)");
    db.close();
    const ran = await ledge(["upgrade-check", "--db", file]);
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining("not what their history says")]);
  });
});

test("a start on a newer store says so, and changes nothing", async () => {
  const data = dataOf("moved");
  const file = join(data, "ledge.db");
  const db = openNodeDb(file);
  migrate(db, migrations);
  db.all(`update store set format = ${newest + 1}`);
  db.close();
  const before = hashOf(file);
  await expect(serve(data)).rejects.toThrow(
    /is of a newer Ledge: it has format \d+[\s\S]*Nothing was changed/,
  );
  expect(hashOf(file)).toBe(before);
});

describe("an upgrade that is regretted", () => {
  let data: string;
  let server: StartedServer;
  const run = (...args: string[]) => ledge(["--data", data, ...args]);
  const stateOf = async () => JSON.parse((await run("status", "-o", "json")).stdout);

  beforeAll(() => {
    expect(migrations.length).toBeGreaterThan(0);
  });

  test("goes back by the copy: nothing is mixed, and no revision is used twice", async () => {
    data = dataOf("origin");
    const file = join(data, "ledge.db");
    const kept = join(data, "before.db");
    copyFileSync(file, kept);
    const old = formatOf(kept);

    server = await serve(data);
    const head = (await stateOf()).head;
    expect((await run("put", "regret/it", "1", "--if", "any")).status).not.toBe(0);
    expect((await run("ns", "put", "regret")).status).toBe(0);
    expect((await run("put", "regret/it", "1")).status).toBe(0);
    expect(await run("backup", "run")).toMatchObject({ status: 0 });
    expect(await run("upgrade-check")).toMatchObject({ status: 0 });
    await server.stop();
    expect([old < newest, formatOf(file)]).toEqual([true, newest]);

    // What the version before says of the migrated file.
    const db = openNodeDb(file);
    expect(
      migrate(
        db,
        migrations.filter(({ version }) => version <= old),
      ),
    ).toMatchObject({ code: "store_newer" });
    db.close();

    renameSync(file, join(data, "regretted.db"));
    copyFileSync(kept, file);
    expect([formatOf(file), hashOf(file)]).toEqual([old, hashOf(kept)]);

    server = await serve(data);
    onTestFinished(async () => void (await server.stop()));
    expect(await stateOf()).toMatchObject({ head, mode: "stopped" });
    expect((await run("put", "demo/no", "1", "--if", "any")).status).not.toBe(0);
    expect(await run("backup", "adopt")).toMatchObject({ status: 0 });
    expect((await run("ns", "put", "again")).status).toBe(0);
    const after = await stateOf();
    expect([after.mode, after.epoch]).toEqual(["open", expect.any(Number)]);
    expect(after.head).toBeGreaterThan(2 ** 40);
    expect(await run("backup", "run")).toMatchObject({ status: 0 });
    // What was written in between is a branch, and can be had as files.
    const { branches } = JSON.parse((await run("backup", "ls", "-o", "json")).stdout);
    const left = branches.find((one: { revision: number }) => one.revision === head + 2);
    const saved = join(data, "saved");
    expect(await run("restore", "--to-dir", saved, "--branch", left.lineage)).toMatchObject({ status: 0 });
    const [name = ""] = readdirSync(join(saved, "regret"));
    expect([name, readFileSync(join(saved, "regret", name), "utf8")]).toEqual([
      expect.stringMatching(/^it/),
      "1",
    ]);
  });
});
