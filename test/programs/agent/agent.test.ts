/** `ledge agent` beside a real origin: what it serves, to whom, and what it says when the origin is gone. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startAgentProcess } from "../../../testkit/edge/processes.ts";
import { ledge, type StartedServer, serve, temporaryFolder } from "../../../testkit/processes.ts";

const { path: folder } = temporaryFolder("agent");
let origin: StartedServer;
let admin = "";
let reader = "";

beforeAll(async () => {
  const data = join(folder, "origin");
  origin = await serve(data);
  admin = readFileSync(join(data, "admin-token"), "utf8").trim();
  await ledge(["--data", data, "ns", "put", "shop"]);
  await ledge(["--data", data, "put", "shop/limits", '{"rps":100}', "--if", "any", "-m", "first"]);
  const made = await ledge(["--data", data, "token", "create", "edge", "-g", "read:shop"]);
  reader = made.stdout.trim();
  return async () => {
    await origin.stop();
  };
});

interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

async function get(
  url: string,
  path: string,
  token: string | null = reader,
  headers: Record<string, string> = {},
): Promise<Got> {
  const answer = await fetch(url + path, {
    headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** A folder of the agent, and the file with the token that it follows with. */
function edge(): { readonly data: string; readonly tokenFile: string } {
  const at = mkdtempSync(join(folder, "edge-"));
  writeFileSync(join(at, "token"), reader);
  return { data: join(at, "data"), tokenFile: join(at, "token") };
}

async function agent(more: readonly string[] = [], at = edge()) {
  return startAgentProcess(at.data, ["shop", "--from", origin.url, "--token-file", at.tokenFile, ...more]);
}

const put = (value: string) =>
  ledge(["--data", origin.dataDir, "put", "shop/limits", value, "--if", "any", "-m", "again"]);

describe("ledge agent", () => {
  test("answers as the origin does, byte for byte and tag for tag", async () => {
    const { url } = await agent();
    for (const path of [
      "/v1/read/shop?key=limits",
      "/v1/list/shop?values=json",
      "/v1/read/_system?key=namespace/shop",
    ]) {
      const [here, there] = [await get(url, path), await get(origin.url, path)];
      expect([here.status, here.text, here.headers.get("etag")]).toEqual([
        200,
        there.text,
        there.headers.get("etag"),
      ]);
      expect(here.headers.get("ledge-source")).toBe("origin");
      expect(Number(here.headers.get("age"))).toBeLessThan(60);
    }
  });

  test("shows a commit to who waits for its revision, and streams it", async () => {
    const { url } = await agent();
    // What was before the agent's first state is not here: a follower begins with a list.
    const { revision } = JSON.parse((await get(url, "/v1/list/shop")).text);
    expect((await get(url, "/v1/changes?ns=shop&since=1")).status).toBe(410);
    const stream = await fetch(`${url}/v1/changes?ns=shop&since=${revision}`, {
      headers: { authorization: `Bearer ${reader}`, accept: "text/event-stream" },
    });
    const events = stream.body?.getReader();
    onTestFinished(() => events?.cancel());
    await put('{"rps":200}');
    const head =
      (await get(origin.url, "/v1/read/shop?key=limits")).headers.get("ledge-document-revision") ?? "";
    const seen = await get(url, "/v1/read/shop?key=limits&wait=50", reader, { "ledge-min-revision": head });
    expect([seen.status, seen.text]).toEqual([200, '{"rps":200}']);
    let streamed = "";
    while (!streamed.includes("data:")) streamed += new TextDecoder().decode((await events?.read())?.value);
    expect(streamed).toContain("id:");
  });

  test("judges tokens as the origin does, and its own answers by their verbs", async () => {
    const { url } = await agent();
    const wrong = `${reader.slice(0, 20)}${"0".repeat(reader.length - 20)}`;
    expect((await get(url, "/v1/read/shop?key=limits", null)).status).toBe(401);
    expect((await get(url, "/v1/read/shop?key=limits", wrong)).status).toBe(401);
    expect((await get(url, "/v1/read/other?key=limits")).status).toBe(403);
    expect((await get(url, "/v1/agent")).status).toBe(403);
    expect((await get(url, "/metrics")).status).toBe(403);
    const own = await get(url, "/v1/agent", admin);
    expect(JSON.parse(own.text).namespaces).toMatchObject([{ namespace: "shop", source: "origin" }]);
    expect((await get(url, "/metrics", admin)).text).toContain('ledge_agent_ready{namespace="shop"} 1');
  });

  test("refuses what it does not serve, and several namespaces at once", async () => {
    const { url } = await agent();
    const code = async (path: string) => JSON.parse((await get(url, path)).text).code;
    expect(await code("/v1/commits")).toBe("not_served_here");
    expect(await code("/v1/changes?ns=shop,far")).toBe("bad_parameter");
    expect(await code("/v1/read/other?key=a")).toBe("forbidden");
    const written = await fetch(`${url}/v1/write/shop?key=a`, { method: "PUT", body: "1" });
    expect([written.status, JSON.parse(await written.text()).code]).toEqual([501, "not_served_here"]);
  });

  test("serves on while the origin is gone, says how old, and lets that be refused", async () => {
    const at = edge();
    const first = await agent([], at);
    const before = await get(first.url, "/v1/read/shop?key=limits");
    await first.stop();
    // A port on which nobody listens.
    const args = ["shop", "--from", "http://127.0.0.1:9", "--token-file", at.tokenFile];
    const second = await startAgentProcess(at.data, args);
    const after = await get(second.url, "/v1/read/shop?key=limits");
    expect([after.status, after.text, after.headers.get("ledge-source")]).toEqual([200, before.text, "none"]);
    await expect
      .poll(
        async () =>
          (await get(second.url, "/v1/read/shop?key=limits", reader, { "ledge-max-staleness": "0" })).status,
      )
      .toBe(503);
    expect((await get(second.url, "/readyz", null)).status).toBe(200);
    // A token that was never seen here cannot be judged now; it may be a good one.
    expect((await get(second.url, "/v1/read/shop?key=limits", admin)).status).toBe(503);
  });

  test("listens on a socket that is its user's alone", async () => {
    const at = edge();
    const socket = join(folder, "agent.sock");
    await agent(["--socket", socket], at);
    const status = await new Promise<number | undefined>((resolve, reject) =>
      request({ socketPath: socket, path: "/readyz" }, (answer) => resolve(answer.statusCode))
        .on("error", reject)
        .end(),
    );
    expect(status).toBe(200);
  });

  test("follows another agent as it follows an origin", async () => {
    const relay = await agent();
    const at = edge();
    const behind = await startAgentProcess(at.data, [
      "shop",
      "--from",
      relay.url,
      "--token-file",
      at.tokenFile,
    ]);
    await put('{"rps":300}');
    const head =
      (await get(origin.url, "/v1/read/shop?key=limits")).headers.get("ledge-document-revision") ?? "";
    const seen = await get(behind.url, "/v1/read/shop?key=limits&wait=50", reader, {
      "ledge-min-revision": head,
    });
    expect([seen.text, seen.headers.get("ledge-source")]).toEqual(['{"rps":300}', "relay"]);
  });

  test("follows a channel through a relay, which compares with nothing else", async () => {
    const relay = await agent();
    await put('{"rps":400}');
    const head =
      (await get(origin.url, "/v1/read/shop?key=limits")).headers.get("ledge-document-revision") ?? "";
    await get(relay.url, "/v1/read/shop?key=limits&wait=50", reader, { "ledge-min-revision": head });
    expect(
      (await ledge(["--data", origin.dataDir, "channel", "set", "shop/stable", "--to", head])).status,
    ).toBe(0);
    await put('{"rps":500}');
    const at = edge();
    const args = ["shop@stable", "--from", relay.url, "--token-file", at.tokenFile];
    const behind = await startAgentProcess(at.data, args);
    await expect
      .poll(async () => (await get(behind.url, "/v1/read/shop?key=limits")).text)
      .toBe('{"rps":400}');
    expect(JSON.parse((await get(relay.url, "/v1/diff/shop?from=1")).text).code).toBe("not_served_here");
  });

  test("is alone in its folder, and refuses what it does not know by name", async () => {
    const at = edge();
    await agent([], at);
    const second = await ledge(["agent", "shop", "--from", origin.url, "--data", at.data, "--port", "0"]);
    expect([second.status, second.stderr]).toEqual([1, expect.stringContaining("is in use: ledge agent")]);
    expect(await ledge(["agent", "shop", "--from", origin.url, "--nonsense"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--nonsense"),
    });
    expect((await ledge(["agent", "Shop!", "--from", origin.url])).status).toBe(2);
  });
});
