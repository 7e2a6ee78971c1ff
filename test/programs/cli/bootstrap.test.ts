import { readFileSync, writeFileSync } from "node:fs";
import { request as ask, createServer } from "node:http";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { buildFor, openTestHost, testFolder } from "../../../testkit/host.ts";
import { listenOnLoopback } from "../../../testkit/loopback.ts";
import { root, ledge as run } from "../../../testkit/processes.ts";

const SECRET = "a bootstrap secret of more than 32 characters";
const manifest = join(root, "spin.toml");
beforeAll(() => buildFor(manifest));

/** A server that has had no token, and a user's folder with the secret in a file. */
async function prepared() {
  const host = await openTestHost({ manifest, variables: { bootstrap_secret: SECRET } });
  const folder = testFolder();
  const secretFile = join(folder, "secret");
  writeFileSync(secretFile, `${SECRET}\n`);
  const env = { XDG_CONFIG_HOME: folder };
  const stored = () => JSON.parse(readFileSync(join(folder, "ledge", "contexts.json"), "utf8"));
  return { host, env, secretFile, stored };
}

/** Passes requests on to `target`; the first answer is lost on its way back. */
async function lossy(target: string): Promise<string> {
  let lost = false;
  const proxy = createServer((request, response) => {
    const { method, headers } = request;
    const passed = ask(new URL(request.url ?? "/", target), { method, headers }, (answer) => {
      if (!lost) {
        lost = true;
        answer.resume();
        answer.on("end", () => request.socket.destroy());
        return;
      }
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    request.pipe(passed);
  });
  onTestFinished(() => void proxy.close());
  return `http://127.0.0.1:${await listenOnLoopback(proxy)}`;
}

describe("ledge bootstrap", () => {
  test("makes the first token, stores it, and is refused once there is one", async () => {
    const { host, env, secretFile, stored } = await prepared();
    const ran = await run(["bootstrap", host.url, "--secret-file", secretFile, "--context", "prod"], { env });
    const { current, contexts } = stored();
    expect([ran.status, ran.stdout, current, contexts.prod.url]).toEqual([0, "", "prod", host.url]);
    expect(ran.stderr).not.toContain(contexts.prod.token);
    expect((await run(["ns", "put", "shop"], { env })).status).toBe(0);
    const other = { XDG_CONFIG_HOME: testFolder(), LEDGE_BOOTSTRAP_SECRET: SECRET };
    const late = await run(["bootstrap", host.url], { env: other });
    expect(late).toMatchObject({ status: 6, stderr: expect.stringContaining("has had its first token") });
    expect(
      JSON.parse((await run(["context", "ls", "-o", "json"], { env: other, cwd: testFolder() })).stdout),
    ).toEqual([]);
  });

  test("asks for the same token again after an answer was lost", async () => {
    const { host, env, secretFile, stored } = await prepared();
    const url = await lossy(host.url);
    const args = ["bootstrap", url, "--secret-file", secretFile, "--context", "prod"];
    expect((await run(args, { env })).status).toBe(7);
    const { token } = stored().contexts.prod;
    expect((await run(args, { env })).status).toBe(0);
    expect(stored().contexts.prod.token).toBe(token);
    expect((await run(["whoami"], { env })).stdout).toContain(token.slice(4, 16));
  });

  test("says what is wrong with the secret, and stores nothing then", async () => {
    const { host, env, secretFile } = await prepared();
    expect((await run(["bootstrap", host.url], { env })).status).toBe(4);
    writeFileSync(secretFile, "another secret of more than 32 characters");
    const wrong = await run(["bootstrap", host.url, "--secret-file", secretFile], { env });
    expect(wrong).toMatchObject({ status: 4, stderr: expect.stringContaining("bootstrap_secret") });
    expect((await run(["bootstrap", host.url, "--secret-file", "/nowhere"], { env })).status).toBe(2);
    expect(
      JSON.parse((await run(["context", "ls", "-o", "json"], { env, cwd: testFolder() })).stdout),
    ).toEqual([]);
  });
});
