/** `ledge open`, and the link that a start prints: what they give a browser. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ledge, type StartedServer, serve, temporaryFolder } from "../../../testkit/processes.ts";

const HERE = { "ledge-console": "1", "sec-fetch-site": "same-origin" };

describe("a link to the console", () => {
  const folder = temporaryFolder("open");
  let server: StartedServer;
  let token = "";
  beforeAll(async () => {
    server = await serve(folder.path, ["--no-demo"]);
    token = readFileSync(join(folder.path, "admin-token"), "utf8").trim();
  });
  afterAll(async () => {
    await server.stop();
    folder.remove();
  });
  const run = (args: string[], given = token) =>
    ledge(["open", "--print", ...args], { env: { LEDGE_URL: server.url, LEDGE_TOKEN: given } });
  const signIn = (code: string) =>
    fetch(`${server.url}/console/session`, {
      method: "POST",
      headers: { ...HERE, "ledge-console-code": code },
    });
  const codeIn = (text: string) => /#code=([\w-]+)/.exec(text)?.[1] ?? "";

  test("signs in once, as the token that asked for it", async () => {
    const { stdout } = await run([]);
    expect(stdout).toMatch(new RegExp(`^${server.url}/#code=[\\w-]+\n$`));
    const answer = await signIn(codeIn(stdout));
    expect(answer.status).toBe(204);
    expect(answer.headers.get("set-cookie")).toContain(`ledge_session=${token};`);
    expect((await signIn(codeIn(stdout))).status).toBe(401);
  });

  test("holds no token", async () => {
    const { stdout } = await run([]);
    expect(stdout).not.toContain(token.slice(18));
  });

  test("leads to the document that is named, whatever its key", async () => {
    expect((await run(["shop/a b/c?d#e"])).stdout).toMatch(/\/doc\/shop\/a%20b\/c%3Fd%23e\n$/);
    expect((await run(["shop"])).stdout).toMatch(/#code=[\w-]+\/ns\/shop\n$/);
  });

  test("is not given to a token that is none", async () => {
    const ran = await run([], `${token.slice(0, -1)}~`);
    expect([ran.status, ran.stdout]).toEqual([4, ""]);
  });

  test("is printed by a start, and signs in", async () => {
    expect(server.greeting).toContain("the link signs you in once");
    expect((await signIn(codeIn(server.greeting))).status).toBe(204);
  });

  test("is not there where the console is switched off", async () => {
    const other = temporaryFolder("open-off");
    const off = await serve(other.path, ["--no-demo", "--variable", "console=off"]);
    expect(off.greeting).not.toContain("console");
    await off.stop();
    other.remove();
  });
});
