/**
 * docs/growing.md and deploy/compose/sqld.yaml: the servers of the file for Compose are started with its own arguments, and the page's
 * commands are typed as they stand there, from a store in a file to two hosts over a primary and its replica.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { ask } from "../../testkit/ask.ts";
import { openServedBucket } from "../../testkit/bucket.ts";
import { environmentOf, variablesOf } from "../../testkit/bucket-settings.ts";
import { judgeFiles, noDeployTools } from "../../testkit/deploy-tools.ts";
import { ledge, root, type StartedServer, serve, shell, temporaryFolder } from "../../testkit/processes.ts";
import { freePort, noSqld, onSqld, type Sqld, startSqld } from "../../testkit/sqld.ts";
import { typedLines } from "../../testkit/typed-page.ts";

const FILE = "deploy/compose/sqld.yaml";
const Service = z.looseObject({
  command: z.array(z.string()),
  cap_drop: z.array(z.string()),
  security_opt: z.array(z.string()),
  networks: z.array(z.string()),
  ports: z.optional(z.array(z.string())),
});
const compose = z
  .looseObject({
    services: z.record(z.string(), Service),
    configs: z.record(z.string(), z.object({ content: z.string() })),
    networks: z.record(z.string(), z.unknown()),
  })
  .parse(parse(readFileSync(join(root, FILE), "utf8"), { merge: true }));

describe("the file for Compose with sqld", () => {
  test("fits the schema of Compose", ({ skip }) => {
    if (noDeployTools !== undefined) skip(noDeployTools);
    const judged = judgeFiles("check-jsonschema", ["--builtin-schema", "vendor.compose-spec", FILE]);
    expect(judged).toEqual([0, expect.any(String)]);
  });

  test("lets nobody but the hosts reach sqld, and gives no container a capability", () => {
    expect(compose.networks.store).toEqual({ internal: true });
    for (const [name, { ports = [], networks, ...service }] of Object.entries(compose.services)) {
      expect([name, service.cap_drop, service.security_opt]).toEqual([
        name,
        ["ALL"],
        ["no-new-privileges:true"],
      ]);
      expect(ports.filter((port) => !port.startsWith("127.0.0.1:"))).toEqual([]);
      if (name.startsWith("host-")) expect([name, networks]).toEqual([name, ["outside", "store"]]);
      else expect([name, networks, ports]).toEqual([name, ["store"], []]);
    }
  });
});

const folder = temporaryFolder("growing");
afterAll(() => folder.remove());

interface Servers {
  readonly primary: Sqld;
  readonly replica: Sqld;
  readonly admin: number;
}

/** sqld as the file has it, but for where it listens and lies. */
async function startServers(): Promise<Servers> {
  const [grpc, admin] = [await freePort(), await freePort()];
  const argumentsOf = (name: string) => {
    const args = compose.services[name]?.command ?? [];
    const own = ["--no-welcome", "--http-listen-addr", "0.0.0.0:8080", "-d", "/var/lib/sqld"];
    return args
      .filter((arg) => !own.includes(arg))
      .map((arg) =>
        arg
          .replace(/^(0\.0\.0\.0|http:\/\/primary):5001$/, (_, host) =>
            host === "0.0.0.0" ? `127.0.0.1:${grpc}` : `http://127.0.0.1:${grpc}`,
          )
          .replace(/^0\.0\.0\.0:8090$/, `127.0.0.1:${admin}`),
      );
  };
  const primary = await startSqld(argumentsOf("primary"));
  return { primary, replica: await startSqld(argumentsOf("replica")), admin };
}

/** A runtime configuration of the file, for a server that is here. */
function configFor(name: string, { port }: Sqld): string {
  const file = join(folder.path, `${name}.toml`);
  const { content = "" } = compose.configs[name] ?? {};
  writeFileSync(file, content.replace(/http:\/\/\w+:8080/, `http://127.0.0.1:${port}`));
  return file;
}

/** The page's line that begins so. */
function lineOf(beginning: string): string {
  const line = typedLines("growing.md").find((typed) => typed.line.startsWith(beginning))?.line;
  if (line === undefined) throw new Error(`the page has no ${beginning}`);
  return line;
}

describe.skipIf(noSqld !== undefined)(onSqld("the page for who grows out of one machine"), () => {
  test("moves a store to a primary, and serves it by two hosts that both write", async () => {
    const { server: bucket } = await openServedBucket();
    const env = environmentOf({ ...variablesOf(bucket), bootstrap_secret: SECRET });
    const data = join(folder.path, "data");
    const type = async (line: string) => {
      const [, ...args] = line.split(" ");
      expect([line, await ledge(["--data", data, ...args], { env })]).toMatchObject([line, { status: 0 }]);
    };
    const old = await serve(data, ["--no-demo"], env);
    for (const line of ["ledge ns put shop-prod", "ledge put shop-prod/k old"]) await type(line);
    const token = readFileSync(join(data, "admin-token"), "utf8").trim();
    await type(lineOf("ledge mode read-only"));
    await type(lineOf("ledge backup seal"));
    const { revision: sealed } = await readAt(old, token);
    await old.stop();

    const { primary, replica, admin } = await startServers();
    const tell = () => shell(lineOf("curl").replace(":8090", `:${admin}`));
    expect(await tell()).toMatchObject({ status: 0 });
    const [, , ...args] = lineOf("ledge serve").split(" ");
    const start = async (where: string, config: string) => {
      const placed = args.map((arg) => (arg === "store.toml" ? config : arg));
      const host = await serve(where, [...placed, "--no-demo"], env);
      onTestFinished(() => host.stop().then(() => {}));
      return host;
    };
    const first = await start(data, configFor("on-primary", primary));
    // The next full minute would begin it, too.
    const secret = { LEDGE_URL: first.url, LEDGE_BOOTSTRAP_SECRET: SECRET };
    expect(await ledge(["restore", "--server"], { env: secret })).toMatchObject({ status: 0 });
    await expect.poll(async () => (await readAt(first, token)).text, WAIT).toBe("old");
    expect((await readAt(first, token)).revision).toBe(sealed);
    await type(lineOf("ledge backup verify"));
    await type(lineOf("ledge mode open"));

    const second = await start(join(folder.path, "second"), configFor("on-replica", replica));
    // Each sees what the other one wrote, when it asks for that revision at least.
    const put = (host: StartedServer, body: string, headers: Record<string, string>) =>
      ask(host, "PUT", "/v1/write/shop-prod/k", {
        token,
        body,
        headers: { "content-type": "text/plain", ...headers },
      });
    for (const [writer, reader] of [
      [first, second],
      [second, first],
      [second, second],
    ] as const) {
      const written = await put(writer, `by ${writer.url}`, { "if-match": "*" });
      expect(written.status).toBe(200);
      const seen = await readAt(reader, token, Number(JSON.parse(written.text).revision));
      expect(seen.text).toBe(`by ${writer.url}`);
    }
    // One writer wins, whichever host it is at.
    const { etag } = await readAt(first, token);
    const both = await Promise.all([first, second].map((host) => put(host, host.url, { "if-match": etag })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);

    // The primary is away: the replica's host goes on reading, and says that it can.
    const before = await readAt(first, token);
    await expect.poll(async () => (await readAt(second, token)).revision, WAIT).toBe(before.revision);
    await primary.kill();
    expect((await readAt(second, token)).text).toBe(before.text);
    expect((await ask(second, "GET", "/readyz")).status).toBe(200);
    // It has forgotten what it was told.
    await primary.start();
    const refused = await put(second, "undurable", { "if-match": "*" });
    expect([refused.status, JSON.parse(refused.text).code]).toEqual([503, "not_durable"]);
    expect(await tell()).toMatchObject({ status: 0 });
    await expect.poll(async () => (await put(second, "again", { "if-match": "*" })).status, WAIT).toBe(200);
  });
});

const SECRET = "a secret of at least thirty-two characters";

/** Polls without a limit of its own: the test's time decides. */
const WAIT = { timeout: 300_000, interval: 100 };

/** The document as a host shows it, at a revision or a later one. */
async function readAt(host: StartedServer, token: string, least = 0) {
  const answer = await ask(host, "GET", "/v1/read/shop-prod?key=k&wait=10", {
    token,
    headers: least === 0 ? {} : { "ledge-min-revision": String(least) },
  });
  return {
    text: answer.text,
    etag: answer.headers.get("etag") ?? "",
    revision: Number(answer.headers.get("ledge-revision")),
  };
}
