/** Commands in advice can be typed as they stand: under the right name, with the flags that they need. */
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { finish, root, ledge as run, serve, shell } from "../../../testkit/processes.ts";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge, data, folder, url } = serveCommand("called");

/** Every command that a text shows between backticks. */
const commandsIn = (text: string) => [...text.matchAll(/`([^`]*ledge [^`]+)`/g)].map(([, line = ""]) => line);

function binFolder(): string {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  symlinkSync(join(root, "ledge"), join(bin, "ledge"));
  return bin;
}

describe("a command in advice", () => {
  test("has the launcher's path in a clone, and the flags of the call", async () => {
    const refused = await ledge(["put", "demo/banner", "x"]);
    expect(commandsIn(refused.stderr)).toEqual([`./ledge --data ${data} get demo/banner`]);
    const [command = ""] = commandsIn(refused.stderr);
    expect(await shell(command)).toMatchObject({ status: 0, stdout: "Hello from Ledge" });
    const elsewhere = await ledge(["put", "demo/banner", "x"], { cwd: folder });
    expect(await shell(commandsIn(elsewhere.stderr)[0] ?? "", { cwd: folder })).toMatchObject({ status: 0 });
  });

  test("names the server and the token that the call named", async () => {
    const args = ["--url", url(), "--token-file", join(data, "admin-token")];
    const refused = await run([...args, "put", "demo/banner", "x"]);
    const [command = ""] = commandsIn(refused.stderr);
    expect(command).toBe(`./ledge ${args.join(" ")} get demo/banner`);
    expect((await shell(command)).status).toBe(0);
    const unknown = await run(["--url", url(), "ls"]);
    expect(commandsIn(unknown.stderr)).toEqual([`./ledge login ${url()}`]);
  });

  test("is quoted where a shell needs it", async () => {
    await ledge(["put", "demo/it's a key", "1"]);
    const refused = await ledge(["put", "demo/it's a key", "2"]);
    expect(await shell(commandsIn(refused.stderr)[0] ?? "")).toMatchObject({ status: 0, stdout: "1" });
  });

  test("is `ledge` alone where the search path leads to it, in advice and in help", async () => {
    const env = { PATH: `${binFolder()}:${process.env.PATH}` };
    const refused = await shell(`ledge --data ${data} put demo/banner x`, { cwd: folder, env });
    expect(commandsIn(refused.stderr)).toEqual([`ledge --data ${data} get demo/banner`]);
    const help = await shell("ledge --help", { cwd: folder, env });
    expect(help.stdout).toMatch(/^Usage: ledge /);
    expect(help.stdout).not.toContain("./ledge");
    const inClone = await run(["import", "--help"]);
    expect(inClone.stdout).toMatch(/^Usage: \.\/ledge import/);
    expect(inClone.stdout).toContain("| ./ledge import -");
  });

  test("comes from the server's words, too", async () => {
    await ledge(["mode", "open"]);
    const sealed = await ledge(["backup", "seal"]);
    expect(sealed.status).not.toBe(0);
    expect(commandsIn(sealed.stderr)).toEqual([`./ledge --data ${data} mode read-only`]);
  });

  test("leads out of a seal, and not in a circle", async () => {
    await ledge(["mode", "read-only"]);
    expect((await ledge(["backup", "seal"])).status).toBe(0);
    const closed = await ledge(["mode", "open"]);
    const commands = ["backup status", "backup adopt"].map((verb) => `./ledge --data ${data} ${verb}`);
    expect([closed.status === 0, commandsIn(closed.stderr)]).toEqual([false, commands]);
    expect((await shell(commands[1] ?? "")).status).toBe(0);
    expect((await ledge(["mode", "open"])).status).toBe(0);
  });

  test("starts a server on the same folder where none is known", async () => {
    const empty = join(folder, "it's empty");
    const ran = await run(["--data", empty, "ls"]);
    expect(commandsIn(ran.stderr)[0]).toBe(`./ledge serve --data '${empty.replace("'", "'\\''")}'`);
  });
});

describe("the page of a server", () => {
  test("names no path of the machine to who may read it from elsewhere", async () => {
    const server = await serve(join(folder, "open"), ["--listen", "0.0.0.0:0"]);
    const page = await (await fetch(server.url)).text();
    await server.stop();
    expect(server.greeting).toMatch(/listens on 0\.0\.0\.0:\d+: other machines reach it, without TLS/);
    expect(page).toContain("<!doctype html>");
    expect(page).not.toContain(folder);
  });
});

describe("the banner", () => {
  test("names the folder where commands would go elsewhere", async () => {
    const { spawn } = await import("node:child_process");
    const work = join(folder, "work");
    mkdirSync(work);
    const config = join(folder, "config");
    const env = { XDG_CONFIG_HOME: config };
    const server = await serve(join(work, ".ledge"), [], env);
    expect((await run(["context", "add", "far", "http://127.0.0.1:9"], { env })).status).toBe(0);
    expect((await run(["context", "use", "far"], { env })).status).toBe(0);
    await server.stop();
    const child = spawn(process.execPath, [join(root, "ledge"), "serve", "--port", "0"], {
      cwd: work,
      env: { ...process.env, ...env },
    });
    child.stdout.on("data", () => child.kill("SIGTERM"));
    expect((await finish(child)).stdout).toContain("ledge --data ./.ledge get");
  });
});
