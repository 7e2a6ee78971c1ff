import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { digestState } from "../../lib/backup/state-digest.ts";
import { formatTime } from "../../lib/core/time.ts";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { migrate } from "../../lib/store/sqlite/migrate.ts";
import { contents, fill, openQuickStore, put, tick } from "../../testkit/backup.ts";
import { openServedBucket } from "../../testkit/bucket.ts";
import { accessVariablesOf, environmentOf, variablesOf } from "../../testkit/bucket-settings.ts";
import { chaosBucket, openChaos } from "../../testkit/chaos.ts";
import { FULL, sampled } from "../../testkit/crash-sample.ts";
import { buildFor, openTestHost, testFolder } from "../../testkit/host.ts";
import { cleanEnvironment, finish, ledge, root } from "../../testkit/processes.ts";
import { T0 } from "../../testkit/proposals.ts";
import { checkStore, committedMigrations } from "../../testkit/store.ts";

const CLI = join(root, "dist/programs/cli.mjs");
const STRACE = spawnSync("strace", ["-f", "-o", "/dev/null", "true"]).status === 0;

/** A bucket with two points, and a store file that has gone on since the first. */
async function prepared() {
  const { db: source } = openQuickStore();
  const { server, bucket } = await openServedBucket();
  fill(source);
  const point = put(source, "k", "at the point");
  await tick(source, bucket);
  const newest = put(source, "k", "newest");
  await tick(source, bucket);
  const folder = testFolder();
  const args = ["restore", "--from", `${server.endpoint}/${server.bucketName}/ledge`];
  const env = environmentOf(accessVariablesOf(server));
  const run = (...more: string[]) => ledge([...args, ...more], { env });
  return {
    source,
    bucket,
    folder,
    point,
    newest,
    args,
    env,
    run,
    bucketVariables: variablesOf(server),
    file: join(folder, "ledge.db"),
  };
}

function valueIn(file: string, key: string): unknown {
  const db = openNodeDb(file);
  try {
    checkStore(db);
    return db.all("select cast(value as text) from entry where namespace='shop' and key=?1", [key])[0]?.[0];
  } finally {
    db.close();
  }
}

describe("ledge restore", () => {
  test("previews without writing, and says what the store there would lose", async () => {
    const { folder, file, point, run } = await prepared();
    expect((await run("--to", file)).status).toBe(0);
    const db = openNodeDb(file);
    const lost = put(db, "k", "gone soon");
    db.close();
    const before = readFileSync(file);
    const shown = await run("--to", file, "--plan", "--revision", String(point));
    expect(shown.status).toBe(0);
    for (const words of [
      `revision ${point}`,
      "proven",
      "would lose",
      "2 commits",
      String(lost),
      "shop: 2 changes",
    ])
      expect(shown.stdout).toContain(words);
    const json = JSON.parse((await run("--to", file, "--plan", "-o", "json")).stdout);
    expect(json).toMatchObject({ check: "proven", store: { commits: 1, first: { revision: lost } } });
    expect(json.objects.length).toBeGreaterThan(0);
    expect(readFileSync(file)).toEqual(before);
    expect(readdirSync(folder)).toEqual(["ledge.db"]);
  });

  test("takes a revision, a moment, and refuses a bucket that went back", async () => {
    const { folder, newest, point, run } = await prepared();
    const at = (name: string) => join(folder, name);
    expect((await run("--to", at("a"), "--revision", String(point))).status).toBe(0);
    expect(valueIn(at("a"), "k")).toBe("at the point");
    expect((await run("--to", at("b"), "--time", formatTime(T0))).status).toBe(0);
    expect(valueIn(at("b"), "k")).toBe("newest");
    const early = await run("--to", at("c"), "--time", "2001-01-01T00:00:00Z");
    expect([early.status, early.stderr]).toEqual([3, expect.stringContaining("no commit at or before")]);
    expect((await run("--to", at("c"), "--min-revision", String(newest))).status).toBe(0);
    const back = await run("--to", at("d"), "--min-revision", String(newest + 1));
    expect([back.status, back.stderr]).toEqual([6, expect.stringContaining("went back")]);
    const vague = await run("--to", at("d"), "--time", "yesterday");
    expect(vague.status).toBe(2);
    expect((await run("--revision", "1")).status).toBe(2);
    expect((await run("--to", at("d"), "--revoke-all")).stderr).toContain("--new-root");
    expect(existsSync(at("d"))).toBe(false);
  });

  test("writes documents as files, also those whose keys cannot be names", async () => {
    const { source, bucket, folder, run } = await prepared();
    put(source, "k/below", "below a file");
    put(source, "../up", "out");
    put(source, "n".repeat(300), "long");
    await tick(source, bucket);
    const dir = join(folder, "tree");
    const ran = await run("--to-dir", dir);
    expect([ran.status, ran.stderr]).toEqual([
      0,
      expect.stringContaining("3 keys that cannot be a file's name"),
    ]);
    expect(readdirSync(dir)).toEqual(["shop"]);
    const index = JSON.parse(readFileSync(join(dir, "shop", ".ledge-index.json"), "utf8"));
    const names: [string, { key: string }][] = Object.entries(index.files);
    const values = names.map(([path, { key }]) => [key, readFileSync(join(dir, "shop", path), "utf8")]);
    expect(Object.fromEntries(values)).toMatchObject({
      k: "newest",
      "../up": "out",
      ["n".repeat(300)]: "long",
    });
    expect(readFileSync(join(dir, "shop", "k", "below"), "utf8")).toBe("below a file");
    expect(existsSync(join(dir, "_auth"))).toBe(false);
  });

  test("makes a root token of its own that only its owner can read", async () => {
    const { folder, file, run } = await prepared();
    const token = join(folder, "root-token");
    const ran = await run("--to", file, "--revoke-all", "--new-root", token, "-o", "json");
    expect(ran.status).toBe(0);
    expect(statSync(token).mode & 0o777).toBe(0o600);
    expect(ran.stdout + ran.stderr).not.toContain(readFileSync(token, "utf8").trim());
    expect(JSON.parse(ran.stdout)).toMatchObject({ liveRoots: 1, tokensUncertain: 0 });
    const again = await run("--to", join(folder, "x"), "--new-root", token);
    expect([again.status, again.stderr]).toEqual([6, expect.stringContaining("never written over")]);
  });
});

describe("ledge restore --server", () => {
  test("previews, restores a running empty server, and makes a root token that works", async () => {
    const { source, folder, bucketVariables } = await prepared();
    const manifest = join(root, "spin.toml");
    await buildFor(manifest);
    const secret = "a bootstrap secret of 32 characters";
    const variables = { ...bucketVariables, bootstrap_secret: secret };
    const host = await openTestHost({ manifest, variables });
    const env = { LEDGE_BOOTSTRAP_SECRET: secret };
    const run = (...more: string[]) => ledge(["--url", host.url, "restore", "--server", ...more], { env });
    const shown = await run("--plan");
    expect([shown.status, shown.stdout]).toEqual([0, expect.stringContaining("would restore")]);
    const token = join(folder, "root-token");
    const ran = await run("--new-root", token, "-o", "json");
    expect(ran.status).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ state: "restored", report: { check: "proven" } });
    // A lost answer: the same again says the same, with the token that was made before.
    expect((await run("--new-root", token)).status).toBe(0);
    const got = await ledge(["--url", host.url, "--token-file", token, "get", "shop/k"]);
    expect(got.stdout).toBe("newest");
    expect((await run("--revision", "3")).status).toBe(6);
    const wrong = await ledge(["--url", host.url, "restore", "--server"], {
      env: { LEDGE_BOOTSTRAP_SECRET: "x" },
    });
    expect(wrong.status).toBe(4);
    expect(source.raw.open).toBe(true);
  });
});

/** A page of a file becomes rubbish. */
function overwrite(file: string, { page }: { page: number }): void {
  const bytes = readFileSync(file);
  bytes.fill(0xff, 4096 * page, 4096 * (page + 1));
  writeFileSync(file, bytes);
}

describe("ledge restore --replace", () => {
  test("says what the store there will lose, also where it cannot tell", async () => {
    const { file, point, run } = await prepared();
    await run("--to", file);
    const db = openNodeDb(file);
    const lost = put(db, "k", "gone soon");
    db.close();
    const ran = await run("--to", file, "--replace", "--revision", String(point));
    expect([ran.status, ran.stderr]).toEqual([
      0,
      expect.stringMatching(/would lose +2 commits[\s\S]*shop: 2 changes/),
    ]);
    expect(ran.stderr).toContain(`to ${lost} (`);
  });

  const damages = [
    { what: "is no database", damage: (file: string) => writeFileSync(file, "no database".repeat(1000)) },
    { what: "lost a page", damage: (file: string) => overwrite(file, { page: 2 }) },
    { what: "was cut off", damage: (file: string) => truncateSync(file, 8192) },
    { what: "was cut off to nothing", damage: (file: string) => truncateSync(file, 0) },
  ];
  // Nothing left of it, and what is no database at all, are the two ends.
  test.each(FULL ? damages : [damages[0], damages.at(-1)].flatMap((one) => one ?? []))(
    "plans and replaces a store that $what, which cannot tell its losses",
    async ({ damage }) => {
      const { file, newest, run } = await prepared();
      await run("--to", file);
      damage(file);
      const planned = await run("--plan", "--to", file);
      expect([planned.status, planned.stderr]).toEqual([0, expect.stringContaining("is not known")]);
      expect(planned.stdout).toContain(`revision ${newest}`);
      const ran = await run("--to", file, "--replace");
      expect([ran.status, ran.stderr]).toEqual([0, expect.stringContaining("is not known")]);
      expect(valueIn(file, "k")).toBe("newest");
    },
  );

  test("puts the new store in the old one's place and keeps the old one, stopped", async () => {
    const { folder, file, point, run } = await prepared();
    await run("--to", file);
    const ran = await run("--to", file, "--replace", "--revision", String(point), "-o", "json");
    expect(ran.status).toBe(0);
    const { keptAs } = JSON.parse(ran.stdout);
    expect(listed(folder)).toEqual(["ledge.db", keptAs.slice(folder.length + 1)].sort());
    expect([valueIn(file, "k"), valueIn(keptAs, "k")]).toEqual(["at the point", "newest"]);
    const kept = openNodeDb(keptAs);
    expect(kept.all("select state from store")).toEqual([["stopped"]]);
    expect(() => put(kept, "k", "v")).toThrow("read_only");
    kept.close();
  });

  test("killed, leaves a file that only its owner can read; the next restore removes it", async () => {
    const { folder, file, source } = await prepared();
    const server = await openChaos();
    expect(await tick(source, chaosBucket(server), { target: "chaos" })).toMatchObject({ state: "exported" });
    const from = `${server.endpoint}/${server.bucketName}/ledge`;
    const access = environmentOf(accessVariablesOf(server));
    const unfinished = () => readdirSync(folder).filter((name) => name.endsWith(".restoring"));
    // A part of the base that does not come holds the restore where its file is there already.
    server.faults.set({ fault: { kind: "silence" }, name: /\.part-/ });
    const begin = () =>
      spawn(process.execPath, [CLI, "restore", "--from", from, "--to", file], {
        env: cleanEnvironment(access),
        cwd: root,
      });
    const killed = begin();
    /** How often a part did not come: by then the file is there, and open. */
    const asked = () => server.journal.entries.filter(({ fault }) => fault !== undefined).length;
    await expect.poll(asked, { interval: 20 }).toBeGreaterThan(0);
    // It waits for the bucket no longer than its patience lasts; stopped, it stays where it is.
    killed.kill("SIGSTOP");
    const [left = ""] = unfinished();
    expect(statSync(join(folder, left)).mode & 0o777).toBe(0o600);
    // One that is still at work is left alone.
    const before = asked();
    const second = begin();
    await expect.poll(asked, { interval: 20 }).toBeGreaterThan(before);
    second.kill("SIGSTOP");
    expect(unfinished()).toContain(left);
    for (const one of [killed, second]) {
      const ended = finish(one);
      one.kill("SIGKILL");
      await ended;
    }
    expect(unfinished().length).toBe(2);
    server.faults.set();
    const ran = await ledge(["restore", "--from", from, "--to", file], { env: access });
    expect([ran.status, readdirSync(folder)]).toEqual([0, ["ledge.db"]]);
    expect(statSync(file).mode & 0o777).toBe(0o666 & ~process.umask());
  });

  test("keeps the mode of the store that it replaces", async () => {
    const { file, source, run } = await prepared();
    oldStore(file, source);
    chmodSync(file, 0o640);
    expect((await run("--to", file, "--replace")).status).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });

  test("plays back the journal that a killed process left, before it takes the place", async () => {
    const { folder, file, run } = await prepared();
    await run("--to", file);
    const killed = spawnSync(process.execPath, ["-e", HALF_A_COMMIT, file], { cwd: root });
    expect(killed.signal).toBe("SIGKILL");
    expect(readdirSync(folder)).toContain("ledge.db-journal");
    const ran = await run("--to", file, "--replace", "-o", "json");
    expect([ran.status, ran.stderr]).toEqual([0, expect.any(String)]);
    expect(valueIn(file, "k")).toBe("newest");
    expect(valueIn(JSON.parse(ran.stdout).keptAs, "k")).toBe("newest");
    expect(readdirSync(folder).filter((name) => name.endsWith("-journal"))).toEqual([]);
  });

  test("moves the journal of a file aside that is no database", async () => {
    const { folder, file, run } = await prepared();
    writeFileSync(file, "this is not a database, and quite long enough to be looked at".repeat(40));
    writeFileSync(`${file}-journal`, "left over");
    const ran = await run("--to", file, "--replace", "-o", "json");
    expect([ran.status, ran.stderr]).toEqual([0, expect.any(String)]);
    const { keptAs } = JSON.parse(ran.stdout);
    expect(readFileSync(`${keptAs}-journal`, "utf8")).toBe("left over");
    expect(readFileSync(keptAs, "utf8")).toContain("not a database");
    expect(valueIn(file, "k")).toBe("newest");
    expect(listed(folder)).toHaveLength(3);
  });

  test("refuses by name a database that is not ours, and one that a process has open", async () => {
    const { folder, file, run } = await prepared();
    const foreign = join(folder, "foreign.db");
    const other = openNodeDb(foreign);
    other.all("create table t (x)");
    other.close();
    const before = readFileSync(foreign);
    expect(await run("--to", foreign, "--replace")).toMatchObject({
      status: 6,
      stderr: expect.stringContaining("not a store of Ledge"),
    });
    expect(readFileSync(foreign)).toEqual(before);
    await run("--to", file);
    const held = openNodeDb(file);
    const alias = join(folder, "alias.db");
    linkSync(file, alias);
    for (const name of [file, alias]) {
      const ran = await run("--to", name, "--replace");
      expect([ran.status, ran.stderr]).toEqual([6, expect.stringContaining(`process ${process.pid}`)]);
    }
    rmSync(alias);
    held.close();
    expect(listed(folder)).toEqual(["foreign.db", "ledge.db"]);
  });

  test.skipIf(!STRACE)(
    "killed at each rename, link, sync and write leaves the old or new store (strace)",
    async () => {
      const { source, file, folder, args, env, point } = await prepared();
      const digestOf = async (name: string) => {
        const db = openNodeDb(name);
        try {
          checkStore(db);
          return (await digestState(db, { kind: "entries" })).sha256;
        } finally {
          db.close();
        }
      };
      await ledge([...args, "--to", join(folder, "new"), "--revision", String(point)], { env });
      const fresh = await digestOf(join(folder, "new"));
      const calls = [
        ["link,linkat,rename,renameat,renameat2", []],
        ["fsync,fdatasync", []],
        ["unlink,unlinkat", [file, `${file}-journal`]],
        ["pwrite64", [file, `${file}-journal`]],
      ] as const;
      const older = ["--revision", String(point)];
      const restoring = [process.execPath, CLI, ...args, "--to", file, "--replace", ...older];
      const log = join(testFolder(), "calls");
      const traced = (options: readonly string[]) =>
        strace(["-f", "-qq", ...options, ...restoring], { ...env, UV_THREADPOOL_SIZE: "1" });
      const beginAgain = () => {
        for (const name of readdirSync(folder)) if (name !== "new") rmSync(join(folder, name));
        oldStore(file, source);
        return digestOf(file);
      };
      const seen = new Set<string>();
      let kills = 0;
      for (const [set, paths] of calls) {
        const only = paths.flatMap((path) => ["-P", path]);
        await beginAgain();
        await traced(["-o", log, ...only, "-e", `trace=${set}`]);
        const all = Array.from({ length: mostCalls(readFileSync(log, "utf8")) }, (_, at) => at + 1);
        // The last calls come after the exchange.
        for (const when of new Set([...sampled(all, 2), ...all.slice(-1)])) {
          const old = await beginAgain();
          const inject = ["-o", "/dev/null", ...only, "-e", `inject=${set}:signal=KILL:when=${when}`];
          const status = await traced(inject);
          const digest = await digestOf(file);
          expect([old, fresh], `${set} ${when}`).toContain(digest);
          for (const name of readdirSync(folder))
            if (name.includes(".until-") && !name.endsWith("-journal"))
              expect(await digestOf(join(folder, name))).toBe(old);
          // A thread may end up with fewer calls than in the run that counted.
          if (status === 0) continue;
          kills += 1;
          seen.add(digest === old ? "old" : "new");
        }
      }
      expect(kills).toBeGreaterThan(5);
      expect([...seen].sort()).toEqual(["new", "old"]);
    },
  );
});

/** All but the lock files, which stay: one that is removed could be held twice. */
function listed(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.endsWith(".owner"))
    .sort();
}

/** The most calls that one thread made: strace counts each thread apart. */
function mostCalls(log: string): number {
  const counts = new Map<string, number>();
  for (const line of log.split("\n")) {
    const thread = /^(\d+) +[a-z0-9]+\(/.exec(line)?.[1];
    if (thread !== undefined) counts.set(thread, (counts.get(thread) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

/** Not spawnSync: the bucket's server lives in this process. */
function strace(args: readonly string[], env: Record<string, string>): Promise<number | null> {
  const child = spawn("strace", args, { env: { ...process.env, ...env }, stdio: "ignore" });
  return new Promise((done) => child.once("close", done));
}

/** The source as a file of its own that nothing else has open. */
function oldStore(file: string, source: ReturnType<typeof openQuickStore>["db"]): void {
  writeFileSync(file, source.raw.serialize());
  const db = openNodeDb(file);
  migrate(db, committedMigrations());
  put(db, "k", "only in the old store");
  expect(contents(db).store).toBeDefined();
  db.close();
}

const HALF_A_COMMIT = `
const Database = require("better-sqlite3");
const db = new Database(process.argv[1]);
db.pragma("cache_size = 1");
db.pragma("synchronous = full");
db.exec("begin immediate; update entry set value=zeroblob(100000), size=100000;");
db.exec("update change set value=zeroblob(60000)");
process.kill(process.pid, "SIGKILL");
`;
