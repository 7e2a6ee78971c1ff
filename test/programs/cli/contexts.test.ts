import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeCertificates } from "../../../testkit/certificates.ts";
import { listenOnLoopback } from "../../../testkit/loopback.ts";
import { ledge as run } from "../../../testkit/processes.ts";
import { serveCommand } from "../../../testkit/served-command.ts";
import { HAS_TERMINAL, ledgeAtTerminal } from "../../../testkit/terminal.ts";

const { ledge, data, folder, url } = serveCommand("contexts");
const own = (name: string) => ({ XDG_CONFIG_HOME: join(folder, name) });
const fileIn = (name: string) => join(folder, name, "ledge", "contexts.json");
const rootToken = () => readFileSync(join(data, "admin-token"), "utf8").trim();

/** Another server, which notes the token of each request and knows nobody. */
const heard: (string | undefined)[] = [];
const elsewhere = createServer((request, response) => {
  heard.push(request.headers.authorization);
  response.writeHead(401, { "content-type": "application/problem+json" });
  response.end(JSON.stringify({ code: "unauthenticated", title: "This needs a token." }));
});
let other = "";

beforeAll(async () => {
  other = `http://127.0.0.1:${await listenOnLoopback(elsewhere)}`;
});
afterAll(() => elsewhere.close());
beforeEach(() => {
  heard.length = 0;
});

describe("a context that is not there", () => {
  const none = () => join(folder, "no-server");
  test.each([
    { line: "context use local" },
    { line: "context use nope" },
    { line: "context rm nope" },
    { line: "--context nope ls" },
  ])("is refused by `ledge $line`, with what there is", async ({ line }) => {
    const env = { XDG_CONFIG_HOME: join(folder, "absent") };
    await run(["--data", none(), "context", "add", "far", other], { env });
    const ran = await run(["--data", none(), ...line.split(" ")], { env });
    const name = line.includes("nope") ? "nope" : "local";
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining(`there is no context ${name}`)]);
    expect(ran.stderr).toMatch(/there is: far$|there is: far; /m);
    expect(ran.stderr).not.toContain("✓");
  });
});

describe("a stored token", () => {
  test.each([
    { name: "--url", args: () => ["--url", other, "get", "demo/banner"], env: () => ({}) },
    { name: "LEDGE_URL", args: () => ["get", "demo/banner"], env: () => ({ LEDGE_URL: other }) },
    {
      name: "--url beside LEDGE_URL with LEDGE_TOKEN",
      args: () => ["--url", other, "get", "demo/banner"],
      env: () => ({ LEDGE_URL: url(), LEDGE_TOKEN: rootToken() }),
    },
  ])("does not go to another address that $name names", async ({ args, env }) => {
    const ran = await ledge(args(), { env: env() });
    expect([ran.status, heard]).toEqual([4, [undefined]]);
    expect(ran.stderr).toContain(`none is stored for ${other}`);
    expect(ran.stderr).toContain(`ledge --data ${data} login ${other}`);
  });

  test("goes to its own address, however that is named", async () => {
    expect((await ledge(["--url", url(), "get", "demo/banner"])).stdout).toBe("Hello from Ledge");
    expect((await ledge(["get", "demo/banner"], { env: { LEDGE_URL: `${url()}/` } })).status).toBe(0);
    const told = { LEDGE_URL: url(), LEDGE_TOKEN: rootToken() };
    expect((await run(["--data", join(folder, "none"), "get", "demo/banner"], { env: told })).status).toBe(0);
  });

  test("goes where --token-file and LEDGE_TOKEN are told to send it", async () => {
    await ledge(["--url", other, "--token-file", join(data, "admin-token"), "ls"]);
    await ledge(["ls"], { env: { LEDGE_URL: other, LEDGE_TOKEN: "ldg_mine" } });
    expect(heard).toEqual([`Bearer ${rootToken()}`, "Bearer ldg_mine"]);
  });

  test("is not carried along by a redirect", async () => {
    const moved = createServer((_, response) => {
      response.writeHead(307, { location: `${other}/` });
      response.end();
    });
    const from = `http://127.0.0.1:${await listenOnLoopback(moved)}`;
    const sent = await ledge(["--url", from, "ls"], { env: { LEDGE_TOKEN: "ldg_mine" } });
    moved.close();
    expect([sent.status, heard]).toEqual([1, []]);
    expect(sent.stderr).toContain(other);
  });
});

describe("LEDGE_TOKEN without LEDGE_URL", () => {
  const token = { LEDGE_TOKEN: "ldg_mine" };

  /** A folder whose `.ledge` is of the server that notes what it hears. */
  function beside(name: string): string {
    const cwd = join(folder, name);
    mkdirSync(join(cwd, ".ledge"), { recursive: true });
    writeFileSync(join(cwd, ".ledge", "context.json"), JSON.stringify({ url: other }));
    return cwd;
  }

  test("is refused where a .ledge folder was only found, and says what to set", async () => {
    const cwd = beside("found");
    const ran = await run(["ls"], { cwd, env: { ...own("found"), ...token } });
    expect([ran.status, heard]).toEqual([2, []]);
    expect(ran.stderr).toMatch(/LEDGE_TOKEN[\s\S]*LEDGE_URL/);
    expect(ran.stderr).not.toContain("ldg_mine");
  });

  test.each([
    { name: "--url", args: () => ["--url", other], env: {} },
    { name: "--context", args: () => ["--context", "local"], env: {} },
    { name: "LEDGE_CONTEXT", args: () => [], env: { LEDGE_CONTEXT: "local" } },
    { name: "--data", args: () => ["--data", ".ledge"], env: {} },
    { name: "LEDGE_DATA", args: () => [], env: { LEDGE_DATA: ".ledge" } },
  ])("goes to the server that $name names", async ({ args, env }) => {
    await run([...args(), "ls"], { cwd: beside("named"), env: { ...own("named"), ...token, ...env } });
    expect(heard).toEqual(["Bearer ldg_mine"]);
  });

  test("goes to the server of the context in use", async () => {
    const env = own("in-use");
    const cwd = beside("in-use");
    await run(["context", "add", "stage", other], { env, cwd });
    await run(["context", "use", "stage"], { env, cwd });
    await run(["ls"], { cwd, env: { ...env, ...token } });
    expect(heard).toEqual(["Bearer ldg_mine"]);
  });
});

describe("ledge login", () => {
  test("tries the token from standard input, and keeps it for its owner alone", async () => {
    const env = own("login");
    const ran = await run(["login", url(), "--context", "prod"], { env, stdin: `${rootToken()}\n` });
    expect(ran.stderr).toContain("admin");
    expect([ran.status, ran.stdout, ran.stderr.includes(rootToken())]).toEqual([0, "", false]);
    expect(statSync(fileIn("login")).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "login", "ledge")).mode & 0o777).toBe(0o700);
    expect((await run(["get", "demo/banner"], { env, cwd: folder })).stdout).toBe("Hello from Ledge");
    const me = JSON.parse((await run(["whoami", "-o", "json"], { env, cwd: folder })).stdout);
    expect(me).toMatchObject({ server: url(), name: "admin", accessor: rootToken().slice(4, 16) });
    expect((await run(["whoami"], { env, cwd: folder })).stdout).toContain("read,history,plan,write");
  });

  test("stores nothing that does not work", async () => {
    const env = own("refused");
    const wrong = await run(["login", url()], { env, stdin: "swordfish" });
    expect([wrong.status, wrong.stderr.includes("swordfish")]).toEqual([4, false]);
    expect((await run(["login", url()], { env, stdin: "" })).status).toBe(4);
    expect((await run(["login", other], { env, stdin: rootToken() })).status).toBe(4);
    expect((await run(["login", "ftp://x"], { env, stdin: rootToken() })).status).toBe(2);
    expect((await run(["login", "http://me:secret@127.0.0.1"], { env, stdin: rootToken() })).status).toBe(2);
    expect(
      JSON.parse((await run(["--data", folder, "context", "ls", "-o", "json"], { env })).stdout),
    ).toEqual([]);
  });

  test.skipIf(!HAS_TERMINAL)("asks at a terminal without showing what is typed", async () => {
    const ran = await ledgeAtTerminal(["login", url(), "--context", "typed"], {
      typed: { after: "The token for", keys: `${rootToken()}\r` },
      env: own("typed"),
    });
    expect([ran.status, ran.screen.includes(rootToken().slice(17))]).toEqual([0, false]);
    expect(JSON.parse(readFileSync(fileIn("typed"), "utf8"))).toMatchObject({
      current: "typed",
      contexts: { typed: { token: rootToken() } },
    });
  });
});

describe("ledge login that is asked for a token", () => {
  test.skipIf(!HAS_TERMINAL)("ends as given up at the end of input", async () => {
    const ran = await ledgeAtTerminal(["login", url(), "--context", "left"], {
      typed: { after: "The token for", keys: "\u0004" },
      env: own("left"),
    });
    expect([ran.status, ran.screen]).toEqual([1, expect.stringContaining("given up; nothing was changed")]);
  });
});

describe("ledge context", () => {
  /** Commands in a folder whose `.ledge` is found, not named: what names a folder names its server. */
  function among(name: string) {
    const cwd = join(folder, `at-${name}`);
    mkdirSync(join(cwd, ".ledge"), { recursive: true });
    for (const file of ["context.json", "admin-token"])
      writeFileSync(join(cwd, ".ledge", file), readFileSync(join(data, file)));
    return (...args: string[]) => run(args, { env: own(name), cwd });
  }
  const add = ["context", "add", "stage"];
  const withToken = () => ["--token-file", join(data, "admin-token")];

  test("adds servers and lists them, without their tokens", async () => {
    const here = among("listed");
    expect((await here(...add, other, ...withToken())).status).toBe(0);
    expect(JSON.parse((await here("context", "ls", "-o", "json")).stdout)).toEqual([
      { name: "local", url: url(), accessor: rootToken().slice(4, 16), current: true },
      { name: "stage", url: other, accessor: rootToken().slice(4, 16), current: false },
    ]);
    const { stdout } = await here("context", "ls");
    expect([stdout.includes("stage"), stdout.includes(rootToken())]).toEqual([true, false]);
    expect((await here("context", "add", "local", other)).status).toBe(2);
  });

  test("uses one, with its own token, until another is used or named", async () => {
    const here = among("used");
    await here(...add, other, ...withToken());
    expect((await here("get", "demo/banner")).status).toBe(0);
    expect((await here("context", "use", "stage")).status).toBe(0);
    expect((await here("get", "demo/banner")).status).toBe(4);
    expect(heard).toEqual([`Bearer ${rootToken()}`]);
    expect((await here("--context", "local", "get", "demo/banner")).status).toBe(0);
    expect((await here("--data", data, "get", "demo/banner")).status).toBe(0);
    expect((await here("context", "use", "local")).status).toBe(0);
    expect((await here("get", "demo/banner")).status).toBe(0);
  });

  test("forgets one, and what was in use is then the data folder's", async () => {
    const here = among("forgotten");
    await here(...add, other, ...withToken());
    await here("context", "use", "stage");
    expect((await here("context", "rm", "stage")).status).toBe(0);
    expect((await here("get", "demo/banner")).status).toBe(0);
    expect((await here("context", "use", "stage")).status).toBe(2);
    expect((await here("--context", "stage", "ls")).status).toBe(2);
  });

  test("refuses a file that holds no contexts, by its name", async () => {
    mkdirSync(join(folder, "broken", "ledge"), { recursive: true });
    writeFileSync(fileIn("broken"), "{");
    expect(await run(["context", "ls"], { env: own("broken") })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(fileIn("broken")),
    });
  });
});

describe("a server behind TLS", () => {
  test("is not trusted until its authority is named, and says which it is", async () => {
    const { createServer: createTls } = await import("node:https");
    mkdirSync(join(folder, "tls"));
    const { key, cert, caFile } = makeCertificates(join(folder, "tls"));
    const secure = createTls({ key, cert }, (request, response) => {
      heard.push(request.headers.authorization);
      response.writeHead(200, { "content-type": "text/plain" });
      response.end("over TLS");
    });
    const port = await listenOnLoopback(secure);
    const at = ["--url", `https://127.0.0.1:${port}`];
    const env = { LEDGE_TOKEN: "ldg_mine" };
    const refused = await run([...at, "get", "a/b"], { env });
    expect(refused).toMatchObject({ status: 7, stderr: expect.stringMatching(/certificate[\s\S]*--ca/) });
    expect([refused.stderr.includes("running"), heard]).toEqual([false, []]);
    expect((await run([...at, "--ca", caFile, "get", "a/b"], { env })).stdout).toBe("over TLS");
    expect((await run([...at, "get", "a/b"], { env: { ...env, LEDGE_CA: caFile } })).stdout).toBe("over TLS");
    const plain = await run(["--url", `http://127.0.0.1:${port}`, "get", "a/b"], { env });
    expect(plain).toMatchObject({ status: 7, stderr: expect.stringContaining("https://") });
    const missing = await run([...at, "--ca", join(folder, "no.pem"), "get", "a/b"], { env });
    expect(missing).toMatchObject({ status: 2, stderr: expect.stringContaining("no.pem") });
    secure.close();
  });
});
