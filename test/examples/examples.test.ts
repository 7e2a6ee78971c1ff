/** The examples, as somebody runs them: each against a real server, and through a change of its configuration. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { BROWSER } from "../../testkit/chromium.ts";
import { openTestHost } from "../../testkit/host.ts";
import {
  cleanEnvironment,
  ledge,
  root,
  type StartedServer,
  serve,
  temporaryFolder,
} from "../../testkit/processes.ts";
import { openInChromium, servePage } from "./chromium-page.ts";
import { fetchOfPage } from "./fetch-of-page.ts";

const examples = join(root, "examples");
const folder = temporaryFolder("examples");
const data = join(folder.path, "data");
/** Where the page of the example comes from. */
const PAGE = "http://127.0.0.1:8000";
let server: StartedServer;
let token = "";
let pages: Awaited<ReturnType<typeof servePage>>;
/** Of the page, once it is built. */
let script = "";

beforeAll(async () => {
  pages = await servePage(join(examples, "browser/index.html"), () => script);
  server = await serve(data, ["--allow-origin", PAGE, "--allow-origin", pages.origin]);
  token = readFileSync(join(data, "admin-token"), "utf8").trim();
});
afterAll(async () => {
  await server?.stop();
  pages?.close();
  folder.remove();
});

/** Sets the limit of the demo's service. */
async function setLimit(requestsPerSecond: number): Promise<void> {
  const put = ["put", "demo/limits/api", JSON.stringify({ requestsPerSecond }), "--if", "any"];
  const { status } = await ledge(["--data", data, ...put]);
  expect(status).toBe(0);
}

/** A program of an example as JavaScript. */
async function bundled(name: string, platform: "node" | "neutral"): Promise<string> {
  const outfile = join(folder.path, `${name.replaceAll("/", "-")}.mjs`);
  await build({
    entryPoints: [join(examples, name)],
    outfile,
    bundle: true,
    format: "esm",
    platform,
    target: "es2022",
    logLevel: "silent",
  });
  return outfile;
}

/** Starts a program, which is ended with the test; `said` is all that it has printed. */
function start(command: string, args: readonly string[], environment: Readonly<Record<string, string>>) {
  const child = spawn(command, args, { env: { ...cleanEnvironment(), ...environment }, cwd: folder.path });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (piece: Buffer) => {
      said += piece.toString();
    });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return { child, ended, said: () => said };
}

const textOf = async (url: string): Promise<string> => (await fetch(url)).text();
const takes = (number: number) => `this service takes ${number} requests a second\n`;

describe("the examples", () => {
  test("a Node service follows its configuration, and keeps it while the server is away", async () => {
    await setLimit(100);
    const file = await bundled("node-service/main.ts", "node");
    const environment = {
      LEDGE_URL: server.url,
      LEDGE_TOKEN: token,
      PORT: "0",
      KEEP_FILE: join(folder.path, "kept.json"),
    };
    const service = start(process.execPath, [file], environment);
    const portIn = (text: string) => /listening on port (\d+)/.exec(text)?.[1];
    await expect.poll(() => portIn(service.said())).toBeDefined();
    const url = `http://127.0.0.1:${portIn(service.said())}`;
    expect(await textOf(url)).toBe(takes(100));
    await setLimit(101);
    await expect.poll(() => textOf(url)).toBe(takes(101));
    service.child.kill("SIGTERM");
    expect(await service.ended).toBe(0);
    // Again, with nobody there to ask.
    const alone = start(process.execPath, [file], { ...environment, LEDGE_URL: "http://127.0.0.1:1" });
    await expect.poll(() => portIn(alone.said())).toBeDefined();
    expect(await textOf(`http://127.0.0.1:${portIn(alone.said())}`)).toBe(takes(101));
  });

  test("a shell script writes a document to a file whenever it changes", async () => {
    await setLimit(200);
    const file = join(folder.path, "limits.json");
    const script = start(join(examples, "shell/watch-limits.sh"), ["demo", "limits/api", file], {
      LEDGE_URL: server.url,
      LEDGE_TOKEN: token,
      EVERY_SECONDS: "0.1",
    });
    const limit = () =>
      existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).requestsPerSecond : undefined;
    await expect.poll(limit).toBe(200);
    await setLimit(201);
    await expect.poll(limit).toBe(201);
    script.child.kill("SIGTERM");
    expect(await script.ended).toBe(0);
    expect(readdirSync(folder.path).filter((name) => name.endsWith(".new"))).toEqual([]);
  });

  test("a page shows a value of a public namespace, and each new one", async () => {
    const made = await ledge(["--data", data, "ns", "put", "demo", "--public"]);
    expect(made.status).toBe(0);
    const file = await bundled("browser/page.ts", "neutral");
    // What the page takes of a browser, so that this needs none; its `fetch` keeps to CORS as a browser's does.
    const page = `globalThis.fetch = (${fetchOfPage})(${JSON.stringify(PAGE)});
const output = { set textContent(text) { console.log(text); } };
globalThis.document = { querySelector: () => output };
globalThis.location = { search: "?ledge=${encodeURIComponent(server.url)}" };
await import(${JSON.stringify(file)});`;
    const shown = start(process.execPath, ["--input-type=module", "-e", page], {});
    await expect.poll(() => shown.said().split("\n").length).toBe(2);
    const { status } = await ledge(["--data", data, "put", "demo/banner", "a new banner", "--if", "any"]);
    expect(status).toBe(0);
    await expect.poll(shown.said, { timeout: 300_000 }).toContain("a new banner\n");
  });

  test.skipIf(BROWSER === undefined)("the page does so in Chromium, too", async () => {
    const put = (text: string) => ledge(["--data", data, "put", "demo/banner", text, "--if", "any"]);
    await ledge(["--data", data, "ns", "put", "demo", "--public"]);
    expect((await put("before")).status).toBe(0);
    script = await bundled("browser/page.ts", "neutral");
    const url = `${pages.origin}/?ledge=${encodeURIComponent(server.url)}`;
    onTestFinished(openInChromium(url, join(folder.path, "chromium")));
    await expect.poll(() => pages.shown.at(-1)).toBe("before");
    await put("after");
    await expect.poll(() => pages.shown.at(-1)).toBe("after");
  });

  test("a Spin component answers by its configuration, request by request", async () => {
    buildSpinService();
    const host = await openTestHost({
      manifest: join(examples, "spin-service/spin.toml"),
      variables: { ledge_url: server.url, ledge_token: token },
    });
    for (const number of [300, 301]) {
      await setLimit(number);
      expect(await textOf(host.url)).toBe(takes(number));
    }
    await ledge(["--data", data, "put", "demo/limits/api", '{"requestsPerSecond":"many"}', "--if", "any"]);
    const unfit = await fetch(host.url);
    expect([unfit.status, await unfit.text()]).toEqual([
      503,
      expect.stringContaining("/requestsPerSecond is to be a whole number"),
    ]);
  });
});

/** Builds it when something that it is made of is newer. */
function buildSpinService(): void {
  const output = join(examples, "spin-service/dist/service.wasm");
  const made = ["examples/spin-service", "packages/client", "wit"].flatMap((name) =>
    readdirSync(join(root, name), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(root, name, entry.name)).mtimeMs),
  );
  if (existsSync(output) && statSync(output).mtimeMs > Math.max(...made)) return;
  const { status, stderr } = spawnSync(process.execPath, [join(examples, "spin-service/build.mjs")], {
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
}
