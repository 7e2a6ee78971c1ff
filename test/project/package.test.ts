/** The package: what is in it, and that it runs in an empty folder, without a clone, from a tree that nobody can write. */
import { spawn, spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, type TestContext, test } from "vitest";
import { VERSION } from "../../lib/core/version.ts";
import { ask } from "../../testkit/ask.ts";
import { diskBytes, type Installed, installPackage } from "../../testkit/installed.ts";
import {
  AS_NOBODY,
  finish,
  NOBODY,
  type Ran,
  root,
  type StartedServer,
  startBy,
} from "../../testkit/processes.ts";

const INSTALLED_BYTES_MAX = 60e6;
const MAY_CHANGE_USER = process.getuid?.() === 0 && spawnSync("setpriv", ["--version"]).error === undefined;
let installed: Installed | string;

beforeAll(async () => {
  installed = await installPackage();
});
afterAll(() => {
  if (typeof installed === "object") installed.remove();
});

/** What is installed; skips the test where it could not be. */
function requireInstalled({ skip }: TestContext): Installed {
  if (typeof installed === "string") return skip(installed);
  return installed;
}

/** An empty folder of whoever runs the commands. */
function emptyFolder({ path }: Installed, name: string): string {
  const folder = join(path, name);
  mkdirSync(folder);
  if (MAY_CHANGE_USER) chownSync(folder, NOBODY, NOBODY);
  return folder;
}

/** Where it can be, another user than the one who installed: what root may write is read-only to it. */
function unprivileged({ launcher }: Installed): readonly string[] {
  return MAY_CHANGE_USER ? ["/usr/bin/setpriv", ...AS_NOBODY.slice(1), launcher] : [launcher];
}

function run(one: Installed, cwd: string, ...args: string[]): Promise<Ran> {
  const [command = "", ...before] = unprivileged(one);
  return finish(spawn(command, [...before, ...args], { cwd, env: one.env }));
}

async function start(one: Installed, cwd: string, verb: string, args: string[] = []): Promise<StartedServer> {
  const server = await startBy([...unprivileged(one), verb], ".ledge", { args, cwd, env: one.env });
  onTestFinished(async () => void (await server.stop()));
  return server;
}

describe("the package", () => {
  test("holds what is built and no sources, maps, tests or demos", (context) => {
    const { tarball } = requireInstalled(context);
    const listed = spawnSync("tar", ["-tzf", tarball], { encoding: "utf8" }).stdout.trim().split("\n");
    const names = listed.map((name) => name.replace(/^package\//, ""));
    expect(names).toEqual(expect.arrayContaining(["ledge", "spin.toml", "spin.http.toml", "LICENSE"]));
    const { component } = spinComponents();
    expect(names).toEqual(expect.arrayContaining(component));
    const foreign = /\.(ts|map|tgz|inputs|log)$|^(test|testkit|lib|programs|node_modules|bench)\/|demo-/;
    expect(names.filter((name) => foreign.test(name))).toEqual([]);
    expect(names.filter((name) => name.startsWith("scripts/"))).toEqual(["scripts/after-install.mjs"]);
  });

  test("depends on nothing but what programs load at run time", (context) => {
    const { home } = requireInstalled(context);
    const { dependencies, optionalDependencies } = JSON.parse(
      readFileSync(join(home, "package.json"), "utf8"),
    );
    expect([Object.keys(dependencies), optionalDependencies]).toEqual([["better-sqlite3"], undefined]);
    expect(diskBytes(join(home, ".."))).toBeLessThan(INSTALLED_BYTES_MAX);
  });

  test("leaves nothing of a compiler behind", async (context) => {
    const { home } = requireInstalled(context);
    const made = join(home, "node_modules", "better-sqlite3", "build", "Release");
    writeFileSync(join(made, "obj.o"), "");
    const ran = await finish(spawn(process.execPath, [join(home, "scripts", "after-install.mjs")]));
    expect([ran.status, ran.stderr, readdirSync(made)]).toEqual([0, "", ["better_sqlite3.node"]]);
  });

  test("says what to type where npm has run no install scripts", async (context) => {
    const one = requireInstalled(context);
    const made = join(one.home, "node_modules", "better-sqlite3", "build");
    renameSync(made, `${made}-aside`);
    onTestFinished(() => renameSync(`${made}-aside`, made));
    const cwd = emptyFolder(one, "without");
    for (const line of [
      ["serve", "--port", "0"],
      ["agent", "demo", "--from", "http://127.0.0.1:9"],
    ]) {
      const { status, stderr } = await run(one, cwd, ...line);
      expect([line, status, stderr]).toEqual([
        line,
        1,
        expect.stringContaining("--allow-scripts=better-sqlite3"),
      ]);
      expect(stderr).not.toContain("Tried");
    }
  });

  test("prints its version and what shells complete it by", async (context) => {
    const one = requireInstalled(context);
    const cwd = emptyFolder(one, "asking");
    expect(await run(one, cwd, "--version")).toMatchObject({ status: 0, stdout: `${VERSION}\n`, stderr: "" });
    const script = await run(one, cwd, "completion", "bash");
    expect(script).toMatchObject({ status: 0, stdout: expect.stringContaining("ledge complete --") });
    const completed = await run(one, cwd, "complete", "--", "backup", "ver");
    expect(completed).toMatchObject({ status: 0, stdout: expect.stringMatching(/^verify\t/) });
  });

  test("serves, writes, backs up and restores for a user who may write nothing of it", async (context) => {
    const one = requireInstalled(context);
    const cwd = emptyFolder(one, "native");
    const server = await start(one, cwd, "serve");
    expect(server.greeting).toMatch(/engine\s+native/);
    for (const line of [
      ["put", "demo/mine", "42"],
      ["get", "demo/mine"],
      ["backup", "run"],
      ["status", "--check"],
      ["restore", "--to", "restored.db"],
    ])
      expect([line, await run(one, cwd, ...line)]).toMatchObject([line, { status: 0 }]);
    expect(existsSync(join(cwd, "restored.db"))).toBe(true);
    expect(await server.stop("SIGTERM")).toMatchObject({ status: 0, signal: null });
  });

  test("has the console, on both engines", async (context) => {
    const one = requireInstalled(context);
    for (const [nth, flags] of [[], ["--engine", "wasm"]].entries()) {
      const server = await start(one, emptyFolder(one, `console-${nth}`), "serve", flags);
      const page = await (await fetch(server.url)).text();
      const files = [...page.matchAll(/"(\/console\/assets\/[^"]+)"/g)].map(([, path = ""]) => path);
      for (const end of [".js", ".css"]) expect(files.some((path) => path.endsWith(end))).toBe(true);
      for (const path of files) expect([path, (await fetch(server.url + path)).status]).toEqual([path, 200]);
    }
  });

  test("has the components ready, so that they run from the same read-only tree", async (context) => {
    const one = requireInstalled(context);
    const server = await start(one, emptyFolder(one, "wasm"), "serve", ["--engine", "wasm"]);
    expect(server.greeting).toMatch(/engine\s+(?!native)/);
    expect((await ask(server, "GET", "/readyz")).status).toBe(200);
  });

  test("follows a server as an agent", async (context) => {
    const one = requireInstalled(context);
    const cwd = emptyFolder(one, "followed");
    const server = await start(one, cwd, "serve");
    const [command = "", ...before] = unprivileged(one);
    const args = ["agent", "demo", "--from", server.url, "--token-file", ".ledge/admin-token", "--port", "0"];
    const agent = spawn(command, [...before, ...args], { cwd, env: one.env });
    const ended = finish(agent);
    let said = "";
    agent.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const address = () => /http:\/\/127\.0\.0\.1:\d+/.exec(said.replaceAll(server.url, ""))?.[0];
    await expect.poll(address).toBeDefined();
    const token = readFileSync(join(cwd, ".ledge", "admin-token"), "utf8").trim();
    const read = () =>
      fetch(`${address()}/v1/read/demo?key=limits/api`, { headers: { authorization: `Bearer ${token}` } });
    await expect.poll(async () => (await read()).status).toBe(200);
    agent.kill("SIGTERM");
    expect((await ended).status).toBe(0);
  });
});

describe("what the image runs", () => {
  const image = readFileSync(join(root, "deploy/docker/Dockerfile"), "utf8");
  const wordsOf = (instruction: RegExp): string[] => JSON.parse(instruction.exec(image)?.[1] ?? "[]");

  test("serves /data for a user who may write nothing else, and is healthy", async (context) => {
    const one = requireInstalled(context);
    const data = emptyFolder(one, "volume");
    const words = [...wordsOf(/^ENTRYPOINT (.*)$/m), ...wordsOf(/^CMD (.*)$/m)];
    expect(words).toEqual(expect.arrayContaining(["ledge", "/data", "0.0.0.0:3000"]));
    const here: Readonly<Record<string, string>> = { "/data": data, "0.0.0.0:3000": "127.0.0.1:0" };
    const [command = "", ...before] = unprivileged(one);
    const args = [...before, ...words.slice(1).map((word) => here[word] ?? word)];
    // In `/`, where it may write nothing: what it makes is below /data.
    const server = spawn(command, args, { cwd: "/", env: { ...one.env, HOME: data } });
    const ended = finish(server);
    let said = "";
    server.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    await expect.poll(() => said).toMatch(/server\s+http:\S+/);
    const port = /server\s+http:\S+:(\d+)/.exec(said)?.[1] ?? "";
    const [node = "", ...check] = wordsOf(/^ {2}CMD (.*)$/m).map((word) => word.replace(":3000", `:${port}`));
    const health = () => spawnSync(node, check).status;
    expect([node, health()]).toEqual(["node", 0]);
    expect(readdirSync(data)).toEqual(expect.arrayContaining(["ledge.db", "admin-token"]));
    server.kill("SIGTERM");
    expect(await ended).toMatchObject({ status: 0, signal: null });
    expect(health()).toBe(1);
  });
});

describe("what systemd runs", () => {
  test("serves its state folder, with what the unit sets", async (context) => {
    const one = requireInstalled(context);
    const unit = readFileSync(join(root, "deploy/systemd/ledge.service"), "utf8");
    const state = emptyFolder(one, "state");
    writeFileSync(
      join(state, "bucket-credentials"),
      "[default]\naws_access_key_id=k\naws_secret_access_key=s\n",
    );
    const filled = (text = "") =>
      text.replaceAll("%S", state).replaceAll("%d", state).replace("$LEDGE_ARGS", "--port 0");
    const set = filled(/^Environment=(.*)$/m.exec(unit)?.[1]);
    const env = Object.fromEntries(set.split(" ").map((word) => word.split("=", 2)));
    const words = filled(/^ExecStart=(.*)$/m.exec(unit)?.[1]).split(" ");
    expect(words.slice(0, 3)).toEqual(["/usr/bin/env", "ledge", "serve"]);
    const [command = "", ...before] = unprivileged(one);
    const server = spawn(command, [...before, ...words.slice(2)], {
      cwd: state,
      env: { ...one.env, ...env },
    });
    const ended = finish(server);
    let said = "";
    server.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    await expect.poll(() => said).toMatch(/server\s+http:\S+/);
    server.kill("SIGTERM");
    expect(await ended).toMatchObject({ status: 0, signal: null });
    expect(existsSync(join(state, "ledge", "ledge.db"))).toBe(true);
  });
});

/** The files of components that spin.toml names. */
function spinComponents(): { component: string[] } {
  const manifest = readFileSync(join(root, "spin.toml"), "utf8");
  return { component: [...manifest.matchAll(/^source = "(.+)"$/gm)].map(([, file = ""]) => file) };
}
