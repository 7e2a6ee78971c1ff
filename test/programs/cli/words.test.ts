import { createServer } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { listenOnLoopback } from "../../../testkit/loopback.ts";
import { ledge as run } from "../../../testkit/processes.ts";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge, data } = serveCommand("words");

/** Words of HTTP, and places in a body, that nobody typed. */
const FOREIGN =
  /If-(None-)?Match|\?message=|Idempotency|PUT \/|POST \/|GET \/|\/changes\/|\/grants\/|\/quota|ifRevision|\?override|\/override/;

describe("a refusal", () => {
  beforeAll(async () => {
    await ledge(["ns", "put", "strict", "--message-required"]);
    await ledge(["ns", "put", "frozen"]);
    await ledge(["policy", "put", "frozen", "--freeze", "2020-01-01..2099-01-01", "--reason", "the sale"]);
  });

  test.each([
    { line: "put demo/banner x", status: 5, says: /--if any/ },
    { line: "put demo/none x --if any -t nonsense", status: 2, says: /media type/ },
    { line: "put strict/a 1", status: 6, says: /-m/ },
    { line: 'put demo/banner x --if a"b', status: 2, says: /--if takes an ETag/ },
    { line: "put demo/banner x --if nonsense", status: 2, says: /--if takes an ETag.*any.*absent/ },
    { line: "rm demo/banner --if 43", status: 2, says: /--if takes an ETag/ },
    { line: "ns put demo --public --if nonsense", status: 2, says: /--if takes an ETag/ },
    { line: "put demo/banner x --if é", status: 2, says: /--if takes an ETag/ },
    { line: "put demo/none x -t é", status: 2, says: /--type/ },
    { line: "purge demo/none -m why --yes", status: 3, says: /there is no demo\/none/ },
    { line: "get demo/none", status: 3, says: /there is no demo\/none/ },
    { line: "get nowhere/none", status: 3, says: /namespace/ },
    { line: "rm demo/none", status: 3, says: /there is no demo\/none/ },
    { line: "ns rm demo", status: 6, says: /documents/ },
    { line: "ns put Bad_Name", status: 2, says: /lower-case/ },
    { line: `token create ${"x".repeat(201)} -g read:demo`, status: 6, says: /the name/ },
    { line: "token create x -g read:Bad_Name", status: 6, says: /-g read:Bad_Name/ },
    { line: "token revoke abcdefghijkl", status: 3, says: /token abcdefghijkl/ },
    {
      line: `put demo/banner x --if any --override ${"x".repeat(201)}`,
      status: 2,
      says: /--override is a reason/,
    },
    { line: `revert demo --to 1 --yes --override ${"x".repeat(201)}`, status: 6, says: /--override/ },
    { line: "put frozen/a 1", status: 6, says: /is frozen until.*with --override REASON/ },
    { line: "put frozen/a 1 --plan", status: 6, says: /is frozen until[\s\S]*--override REASON/ },
    { line: "ns put demo --quota-keys 0x10", status: 2, says: /--quota-keys/ },
    { line: "ls demo --revision now", status: 2, says: /--revision/ },
    { line: "get demo/banner --revision 999999", status: 3, says: /revision/ },
    { line: "schema get demo/limits/", status: 2, says: /lower-case/ },
    { line: "schema put demo/limits/ package.json", status: 2, says: /lower-case/ },
    { line: "put ../a x --if any", status: 2, says: /lower-case/ },
    { line: "put a?b/c x", status: 2, says: /lower-case/ },
    { line: "approve a/../b", status: 2, says: /id is 12 of a-z2-7/ },
    { line: "token revoke ..", status: 3, says: /token \.\./ },
  ])("of `ledge $line` speaks of the command line, once", async ({ line, status, says }) => {
    const ran = await ledge(line.split(" "));
    expect([ran.status, ran.stderr]).toEqual([status, expect.stringMatching(says)]);
    expect(ran.stderr).not.toMatch(FOREIGN);
    const lines = ran.stderr.split("\n").filter((one) => one.trim() !== "");
    expect(new Set(lines.map((one) => one.replace(/^\W+/, ""))).size).toBe(lines.length);
  });

  test("in read-only mode is a refusal, and comes at once", async () => {
    let asked = 0;
    const { createServer: createHttp } = await import("node:http");
    const server = createHttp((_, response) => {
      asked += 1;
      response.writeHead(503, { "content-type": "application/problem+json", "retry-after": "1" });
      response.end(
        JSON.stringify({ code: "read_only", retryable: true, title: "The store is read-only for now." }),
      );
    });
    const port = await listenOnLoopback(server);
    const counted = await run(["--url", `http://127.0.0.1:${port}`, "put", "demo/x", "1"]);
    server.close();
    expect([counted.status, asked]).toEqual([6, 1]);
    expect((await ledge(["mode", "read-only"])).status).toBe(0);
    const ran = await ledge(["put", "demo/x", "1"]);
    expect([ran.status, ran.stderr]).toEqual([6, expect.stringContaining(`ledge --data ${data} mode open`)]);
    expect(ran.stderr).not.toMatch(FOREIGN);
    expect((await ledge(["mode", "open"])).status).toBe(0);
  });
});

describe("a server that does not answer", () => {
  test("is asked whether it runs only where nothing listens", async () => {
    const none = await run(["--url", "http://127.0.0.1:9", "ls"]);
    expect([none.status, none.stderr]).toEqual([7, expect.stringMatching(/nothing listens[\s\S]*running/)]);
    const server = createServer((socket) => socket.destroy());
    const port = await listenOnLoopback(server);
    const broken = await run(["--url", `http://127.0.0.1:${port}`, "ls"]);
    const tls = await run(["--url", `https://127.0.0.1:${port}`, "ls"]);
    server.close();
    expect([broken.status, broken.stderr]).toEqual([7, expect.stringContaining("broke the connection off")]);
    for (const { stderr, status } of [broken, tls])
      expect([status, stderr.includes("running")]).toEqual([7, false]);
    const unknown = await run(["--url", "http://no-such-host.invalid", "ls"]);
    expect([unknown.status, unknown.stderr]).toEqual([7, expect.stringContaining("no-such-host.invalid")]);
    expect(unknown.stderr).not.toContain("running");
  });

  test.each([
    { url: "127.0.0.1:3000" },
    { url: "nonsense" },
    { url: "http://a b" },
    { url: "http://x/?a=1" },
  ])("has an address: $url is refused", async ({ url }) => {
    const ran = await run(["--data", data, "--url", url, "ls"]);
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining(url)]);
    expect(ran.stderr).not.toContain("bug");
  });

  test("of another kind is told as such", async () => {
    const { createServer: createHttp } = await import("node:http");
    const server = createHttp((_, response) => response.writeHead(404).end("<h1>nginx</h1>"));
    const port = await listenOnLoopback(server);
    const ran = await run(["--url", `http://127.0.0.1:${port}`, "ls", "demo"]);
    server.close();
    expect([ran.status, ran.stderr]).toEqual([3, expect.stringContaining("not as Ledge does")]);
  });
});
