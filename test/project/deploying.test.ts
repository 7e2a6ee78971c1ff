/** docs/deploying.md and docs/upgrading.md: their commands are typed as they stand there, and their proxies are started. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { makeCertificates } from "../../testkit/certificates.ts";
import {
  finish,
  ledge,
  root,
  type StartedServer,
  serve,
  shell,
  temporaryFolder,
} from "../../testkit/processes.ts";

const HOST = "ledge.example.com";
const folder = temporaryFolder("deploying");
const data = join(folder.path, "data");
const page = (name: string) => readFileSync(join(root, "docs", name), "utf8");
let server: StartedServer;

beforeAll(async () => {
  // nginx as root gives its work to somebody else.
  chmodSync(folder.path, 0o755);
  server = await serve(data, ["--allow-host", HOST]);
});
afterAll(async () => {
  await server?.stop();
  folder.remove();
});

/** The blocks of a language on a page. */
function blocksOf(name: string, language: string): string[] {
  return [...page(name).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, text = ""]) => text,
  );
}

/** What stands before the command where it runs in a container. */
const INSIDE =
  /^(?:docker (?:compose -f \S+ )?exec \S+|kubectl -n \S+ exec \S+ --|systemctl start ledge &&) |^\/opt\/ledge-NEW\/bin\//;
/** What needs a server of its own, or speaks to one that is elsewhere: each is tried in a test of its own. */
const ELSEWHERE = /^ledge (agent|bootstrap|restore|serve) /;

/** The lines of a page that call `ledge`, without what is said about them. */
function commandsOf(name: string): string[] {
  return blocksOf(name, "sh")
    .flatMap((block) => block.replace(/\\\n\s*/g, " ").split("\n"))
    .map((line) =>
      line
        .replace(/\s+# .*$/, "")
        .replace(INSIDE, "")
        .trim(),
    )
    .filter((line) => /^ledge /.test(line) && !ELSEWHERE.test(line));
}

describe.each([
  { name: "deploying.md", least: 7 },
  { name: "upgrading.md", least: 3 },
])("$name", ({ name, least }) => {
  test("has commands that do what they are for, as they stand there", async () => {
    const commands = commandsOf(name);
    expect(commands.length).toBeGreaterThanOrEqual(least);
    const here = join(folder.path, name);
    mkdirSync(join(here, "deploy", "docker"), { recursive: true });
    expect(await ledge(["--data", data, "backup", "run"])).toMatchObject({ status: 0 });
    for (const command of commands) {
      const typed = command
        .replaceAll("/var/lib/ledge", data)
        .replaceAll("http://127.0.0.1:3000", server.url)
        .replaceAll(" root-token ", ` ${join(data, "admin-token")} `)
        .replaceAll("/etc/bash_completion.d", here)
        .replace(/^ledge/, `"${process.execPath}" "${join(root, "dist", "programs", "cli.mjs")}"`);
      const { status, stderr } = await shell(typed, { cwd: here, env: { LEDGE_DATA: data } });
      expect([command, status, stderr]).toEqual([command, 0, expect.any(String)]);
    }
  });
});

describe("the lines for a proxy", () => {
  const isThere = (program: string) => spawnSync(program, ["-v"]).error === undefined;
  const openssl = isThere("openssl");

  /** Files for TLS, and a port to listen on. */
  async function placeOf(name: string) {
    const here = join(folder.path, name);
    mkdirSync(here);
    const { caFile, key, cert } = makeCertificates(here);
    writeFileSync(join(here, "ledge.key"), key);
    writeFileSync(join(here, "ledge.crt"), cert);
    return { here, caFile, port: await freePort() };
  }

  /** Through the proxy: a command, and an event that comes while the stream is open. */
  async function tryThrough(
    proxy: ChildProcess,
    { port, caFile }: { port: number; caFile: string },
  ): Promise<void> {
    const ended = finish(proxy);
    onTestFinished(async () => {
      proxy.kill("SIGTERM");
      await ended;
    });
    const url = `https://127.0.0.1:${port}`;
    const env = {
      LEDGE_TOKEN: readFileSync(join(data, "admin-token"), "utf8").trim(),
      LEDGE_URL: url,
      LEDGE_CA: caFile,
    };
    await expect.poll(async () => (await ledge(["whoami"], { env })).status).toBe(0);
    const accept = { accept: "text/event-stream", authorization: `Bearer ${env.LEDGE_TOKEN}` };
    let seen = "";
    const stream = request(
      `${url}/v1/changes?ns=demo`,
      { headers: accept, ca: readFileSync(caFile) },
      (answer) => {
        answer.on("data", (chunk: Buffer) => {
          seen += chunk.toString();
        });
        answer.on("error", () => {});
      },
    );
    stream.on("error", () => {}).end();
    onTestFinished(() => void stream.destroy());
    let value = 0;
    await expect
      .poll(async () => {
        value += 1;
        await ledge(["put", "demo/through", String(value), "--if", "any"], { env });
        return seen;
      })
      .toMatch(/"revision":\d+/);
  }

  test.skipIf(!openssl || !isThere("nginx"))("hold for nginx (Debian's nginx-light)", async () => {
    const place = await placeOf("nginx");
    const [block = ""] = blocksOf("deploying.md", "nginx");
    const filled = filledIn(block, place).replace("listen 443", `listen 127.0.0.1:${place.port}`);
    const at = (name: string) => join(place.here, name);
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (kind) => `${kind}_temp_path ${at(kind)};`,
    );
    writeFileSync(
      at("nginx.conf"),
      `daemon off; pid ${at("pid")}; error_log stderr; events {} http { access_log off; ${paths.join(" ")}\n${filled}}`,
    );
    await tryThrough(spawn("nginx", ["-p", place.here, "-c", at("nginx.conf")]), place);
  });

  test.skipIf(!openssl || !isThere("caddy"))("hold for Caddy (Debian's caddy)", async () => {
    const place = await placeOf("caddy");
    const [block = ""] = blocksOf("deploying.md", "caddyfile");
    const site = filledIn(block, place).replace(HOST, `https://127.0.0.1:${place.port}`);
    const tls = `tls ${join(place.here, "ledge.crt")} ${join(place.here, "ledge.key")}`;
    const file = join(place.here, "Caddyfile");
    // A certificate of this test, and none that Caddy would fetch.
    writeFileSync(
      file,
      `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site.replace("{\n", `{\n\t${tls}\n`)}`,
    );
    const env = { ...process.env, HOME: place.here, XDG_DATA_HOME: place.here, XDG_CONFIG_HOME: place.here };
    await tryThrough(spawn("caddy", ["run", "--config", file, "--adapter", "caddyfile"], { env }), place);
  });

  function filledIn(block: string, { here }: { here: string }): string {
    expect(block).toContain(HOST);
    return block.replace("127.0.0.1:3000", new URL(server.url).host).replaceAll("/etc/ssl/", `${here}/`);
  }
});

function freePort(): Promise<number> {
  return new Promise((found) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => found(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
