/** docs/recovery.md: its commands are typed as they stand there, against stores and buckets that are broken for real. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { type ChaosServer, startChaos } from "../../testkit/chaos/server.ts";
import {
  ledge,
  type Ran,
  root,
  type StartedServer,
  serve,
  shell,
  temporaryFolder,
} from "../../testkit/processes.ts";

const SQLITE = spawnSync("sqlite3", ["-version"]).status === 0;
const page = readFileSync(join(root, "docs/recovery.md"), "utf8");
const folder = temporaryFolder("recovery");
/** A data folder with three commits to one document, all of them in its bucket. */
const sound = join(folder.path, "sound");
const KEY = "shop-prod/limits/api";

beforeAll(async () => {
  const server = await serve(sound);
  await typed(["ns", "put", "shop-prod"], sound);
  for (const rps of [1, 2, 3]) await typed(["put", KEY, `{"rps":${rps}}`, "--if", "any"], sound);
  await typed(["backup", "run"], sound);
  await server.stop();
});
afterAll(() => folder.remove());

async function typed(args: readonly string[], data: string): Promise<void> {
  const ran = await ledge(["--data", data, ...args]);
  expect([args, ran.status, ran.stderr]).toEqual([args, 0, expect.any(String)]);
}

/** The commands of a section's nth block, without what is said about them. */
function commandsOf(title: string, nth = 0): string[] {
  const section = page.split(/^## /m).find((one) => one.startsWith(`${title}\n`)) ?? "";
  const block = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)][nth]?.[1] ?? "";
  const commands = block.split("\n").flatMap((line) => {
    const command = line.replace(/\s+# .*$/, "").trim();
    return command === "" ? [] : [command];
  });
  expect([title, nth, commands.length]).not.toEqual([title, nth, 0]);
  return commands;
}

/** A copy of the sound folder, with a server that is started and stopped as the page says. */
class Place {
  readonly data: string;
  server: StartedServer | undefined;
  constructor(name: string) {
    this.data = join(folder.path, name);
    cpSync(sound, this.data, { recursive: true });
    onTestFinished(async () => this.stop());
  }
  get file(): string {
    return join(this.data, "ledge.db");
  }
  async start(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<void> {
    this.server = await serve(this.data, args, env);
  }
  async stop(): Promise<void> {
    await this.server?.stop();
    this.server = undefined;
  }
  /** One line as a person types it in the folder of the server, with this place's names. */
  run(line: string, names: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const here = Object.entries({
      "http://127.0.0.1:3000": this.server?.url ?? "",
      ".ledge/": `${this.data}/`,
      "--data .ledge": `--data ${this.data}`,
      "./exported.db": `${this.data}/exported.db`,
      "'exported.db'": `'${this.data}/exported.db'`,
      "./before": `${this.data}/before`,
      "./older.db": `${this.data}/older.db`,
      "./root-token": `${this.data}/root-token`,
      "/tmp/drill.db": `${this.data}/drill.db`,
      ...names,
    }).reduce((text, [from, to]) => text.replaceAll(from, to), line);
    return shell(here, { env: { LEDGE_DATA: this.data } });
  }
  /** All of them, each of which ends with 0; gives what they printed. */
  async walk(commands: readonly string[], names: Readonly<Record<string, string>> = {}): Promise<string> {
    let printed = "";
    for (const command of commands) {
      if (command === "npm start") {
        await this.start();
        continue;
      }
      const { status, stdout, stderr } = await this.run(command, names);
      expect([command, status, stderr]).toEqual([command, 0, expect.any(String)]);
      printed += stdout + stderr;
    }
    return printed;
  }
  async value(): Promise<string> {
    return (await ledge(["--data", this.data, "get", KEY])).stdout;
  }
}

describe("the recovery page", () => {
  test("brings back a machine that is gone", async () => {
    const place = new Place("gone");
    rmSync(place.file);
    await place.walk(commandsOf("The machine is gone"));
    expect(await place.value()).toBe('{"rps":3}');
  });

  const damages = [
    { what: "lost pages", damage: (file: string) => writeFileSync(file, damaged(readFileSync(file))) },
    { what: "was cut off", damage: (file: string) => truncateSync(file, 8192) },
    { what: "was cut off to nothing", damage: (file: string) => truncateSync(file, 0) },
  ];
  test.each(damages)("replaces a file that $what", async ({ what, damage }) => {
    const place = new Place(what.replaceAll(" ", "-"));
    damage(place.file);
    await place.walk(commandsOf("The file is damaged"));
    expect(await place.value()).toBe('{"rps":3}');
  });

  test.skipIf(!SQLITE)("shows which old rows are not what was exported (needs sqlite3)", async () => {
    const place = new Place("history");
    const db = openNodeDb(place.file);
    db.all(
      "update change set value=cast('{}' as blob) where namespace='shop-prod' and cast(value as text)->>'rps'=1",
    );
    db.close();
    const printed = await place.walk(commandsOf("The file is damaged", 1));
    expect(printed).toMatch(/^\d+\|shop-prod\|limits\/api$/m);
  });

  test("brings back a file that went away under the server", async () => {
    const place = new Place("away");
    await place.start();
    rmSync(place.file);
    expect((await place.run("./ledge status")).stderr).toContain("the store's file is gone");
    await place.stop();
    await place.walk(commandsOf("The machine is gone"));
    expect(await place.value()).toBe('{"rps":3}');
  });

  test("finds the revision of a wrong change, and takes it back", async () => {
    const place = new Place("wrong");
    await place.start();
    const [shown = ""] = commandsOf("A wrong change");
    const bad = Number(JSON.parse((await place.run(shown)).stdout).revision);
    const [list = "", one = ""] = commandsOf("A wrong change", 1);
    const { commits } = JSON.parse((await place.run(list)).stdout);
    expect(commits[0]).toMatchObject({ revision: bad });
    const undone = `revert ${bad}`;
    const names = {
      "commits/42": `commits/${bad}`,
      " 41": ` ${bad - 1}`,
      "revert 42 --plan": `${undone} --plan`,
      "revert 42": `${undone} --yes`,
    };
    expect(JSON.parse((await place.run(one, names)).stdout).changes).toMatchObject([{ key: "limits/api" }]);
    const [foreseen = "", back = "", files = "", plan = ""] = commandsOf("A wrong change", 2);
    expect((await place.run(foreseen, names)).status).toBe(8);
    const before = await place.run(files, names);
    expect([before.status, before.stderr]).toEqual([0, expect.any(String)]);
    // 8: there is something to change.
    expect((await place.run(plan)).status).toBe(8);
    await place.walk([back], names);
    expect(await place.value()).toBe('{"rps":2}');
    expect((await place.run(plan)).status).toBe(0);
  });

  test("purges a secret, and drills without changing anything", async () => {
    const place = new Place("purge");
    await place.start();
    await place.walk(commandsOf("A secret was pasted"), { "db/password": "limits/api" });
    expect((await place.run(`./ledge get ${KEY} --revision 5`)).status).not.toBe(0);
    await place.walk(commandsOf("A drill").filter((command) => !command.startsWith("npm run")));
    expect(existsSync(join(place.data, "drill.db"))).toBe(true);
  });

  test("makes a token where none works, and ends all of them after a theft", async () => {
    const place = new Place("token");
    writeFileSync(join(place.data, "admin-token"), "");
    await place.walk(commandsOf("No token works"));
    expect(await place.value()).toBe('{"rps":3}');
    const [run = "", ...rest] = commandsOf("No token works", 1);
    await place.walk([run]);
    const stolen = readFileSync(join(place.data, "admin-token"), "utf8");
    await place.stop();
    await place.walk(rest);
    expect(await place.value()).toBe('{"rps":3}');
    writeFileSync(join(place.data, "stolen"), stolen);
    expect((await place.run("./ledge --token-file .ledge/stolen whoami")).status).toBe(4);
  });
});

/** Everything but the first page of a database is rubbish. */
function damaged(bytes: Buffer): Buffer {
  return bytes.fill(0xff, 4096);
}

/** A server with a bucket that a test breaks. */
async function withBucket(name: string): Promise<{ place: Place; bucket: ChaosServer }> {
  const bucket = await startChaos();
  onTestFinished(() => bucket.stop());
  const place = new Place(name);
  rmSync(join(place.data, "bucket"), { recursive: true });
  await place.start(["--variable", `bucket_endpoint=${bucket.endpoint}`], {
    SPIN_VARIABLE_BUCKET_NAME: bucket.bucketName,
    SPIN_VARIABLE_BUCKET_ACCESS_KEY_ID: bucket.access.accessKeyId,
    SPIN_VARIABLE_BUCKET_SECRET_ACCESS_KEY: bucket.access.secretAccessKey,
  });
  await typed(["put", KEY, "1", "--if", "any"], place.data);
  await typed(["backup", "run"], place.data);
  return { place, bucket };
}

describe("the recovery page, of a bucket that fails", () => {
  const row = (code: string) => page.split("\n").find((line) => line.startsWith(`| \`${code}\``)) ?? "";

  test("has the code and the word of credentials that have expired", async () => {
    const { place, bucket } = await withBucket("expired");
    bucket.faults.set({ fault: { kind: "error", status: 400, code: "ExpiredToken" } });
    await typed(["put", KEY, "2", "--if", "any"], place.data);
    expect((await place.run("./ledge backup run")).status).not.toBe(0);
    const said = (await place.run("./ledge backup status")).stdout;
    const [, code = ""] = /last error\s+(\w+)/.exec(said) ?? [];
    expect(row(code)).toContain("ExpiredToken");
    expect(said).toContain("ExpiredToken");
    bucket.faults.set();
    await place.walk(["./ledge backup run"]);
    expect((await place.run("./ledge backup status")).stdout).toMatch(/^state +ok$/m);
  });

  test("has the command that fills a bucket that was emptied", async () => {
    const { place, bucket } = await withBucket("emptied");
    for (const name of bucket.objects.names()) bucket.objects.remove(name, new Date());
    expect(page).toMatch(/emptied[^.]*`\.\/ledge backup prove`/);
    await place.walk(["./ledge backup prove"]);
    expect((await place.run("./ledge backup status")).stdout).toMatch(/^state +ok$/m);
    const env = `SPIN_VARIABLE_BUCKET_ACCESS_KEY_ID=${bucket.access.accessKeyId} SPIN_VARIABLE_BUCKET_SECRET_ACCESS_KEY=${bucket.access.secretAccessKey}`;
    await place.walk([`${env} ./ledge backup verify`]);
  });

  test("has the commands that do without an object that went bad", async () => {
    const { place, bucket } = await withBucket("bad-object");
    await typed(["put", KEY, "2", "--if", "any"], place.data);
    await typed(["backup", "run"], place.data);
    const segments = bucket.objects.names().filter((name) => name.includes("/segments/"));
    const [newest = ""] = segments.sort();
    bucket.objects.put(newest, Buffer.from("rubbish"), "application/gzip", new Date());
    const [verify = "", older = ""] = commandsOf("An object is damaged");
    const env = `SPIN_VARIABLE_BUCKET_ACCESS_KEY_ID=${bucket.access.accessKeyId} SPIN_VARIABLE_BUCKET_SECRET_ACCESS_KEY=${bucket.access.secretAccessKey}`;
    const found = await place.run(`${env} ${verify}`);
    expect(found.status).not.toBe(0);
    const [, branch = ""] = /--branch ([0-9a-f]+@[0-9a-f]+)/.exec(found.stderr) ?? [];
    await place.walk([`${env} ${older}`], { "LINEAGE@RUN": branch });
    expect(existsSync(join(place.data, "older.db"))).toBe(true);
  });
});
