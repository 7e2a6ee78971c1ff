/** An origin that was restored to an older state, and an agent that still has what was lost. */
import { copyFileSync, mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openServedBucket } from "../../../testkit/bucket.ts";
import { environmentOf, variablesOf } from "../../../testkit/bucket-settings.ts";
import { startAgentProcess } from "../../../testkit/edge/processes.ts";
import { ledge, serve, temporaryFolder } from "../../../testkit/processes.ts";

const { path: folder } = temporaryFolder("agent-recover");

test("brings back what a restore lost, once, and names what was changed since", async () => {
  const { server } = await openServedBucket();
  const env = environmentOf(variablesOf(server));
  const data = mkdtempSync(join(folder, "origin-"));
  const first = await serve(data, [], env);
  const run = (at: string, ...args: string[]) => ledge(["--data", at, ...args], { env });
  const put = async (at: string, key: string, value: string) =>
    expect((await run(at, "put", `shop/${key}`, value, "--if", "any", "-m", `${key} ${value}`)).status).toBe(
      0,
    );
  await run(data, "ns", "put", "shop");
  await put(data, "kept", "1");
  expect((await run(data, "backup", "run")).status).toBe(0);
  const tokenFile = join(data, "admin-token");
  const agent = await startAgentProcess(join(folder, "edge"), [
    "shop",
    "--from",
    first.url,
    "--token-file",
    tokenFile,
  ]);
  await put(data, "lost", "2");
  await put(data, "both", "3");
  await run(data, "rm", "shop/kept", "--if", "any");
  const atAgent = (...args: string[]) => run(data, "--url", agent.url, "--token-file", tokenFile, ...args);
  await expect.poll(async () => (await atAgent("get", "shop/kept")).status).toBe(3);
  await first.stop("SIGKILL");

  const restored = join(folder, "restored");
  mkdirSync(restored);
  copyFileSync(tokenFile, join(restored, "admin-token"));
  const made = await ledge(
    ["restore", "--from", `${server.endpoint}/${server.bucketName}`, "--to", join(restored, "ledge.db")],
    { env },
  );
  expect(made.status, made.stderr).toBe(0);
  const second = await serve(restored, ["--port", new URL(first.url).port], env);
  onTestFinished(async () => void (await second.stop()));

  // The agent keeps what it has; nothing has been committed since.
  const recover = (...more: string[]) =>
    run(restored, "recover", "shop", "--from-agent", agent.url, "--agent-token-file", tokenFile, ...more);
  const plan = await recover("--plan");
  expect([plan.status, plan.stderr]).toEqual([0, expect.stringMatching(/\+lost.*\n.*\+both.*\n.*-kept/)]);
  await put(restored, "both", "changed since");
  expect(await recover("--yes")).toMatchObject({ status: 5, stderr: expect.stringContaining("both") });
  const done = await recover("--yes", "--ours");
  expect([done.status, done.stderr]).toEqual([0, expect.stringContaining("3 commits brought back")]);
  expect((await run(restored, "get", "shop/lost")).stdout).toContain("2");
  expect((await run(restored, "get", "shop/both")).stdout).toContain("changed since");
  expect((await run(restored, "get", "shop/kept")).status).toBe(3);
  const again = await recover("--yes", "--ours");
  expect([again.status, again.stderr]).toEqual([0, expect.stringContaining("nothing was to be changed")]);
  // It follows the new history, and has what came with it.
  await expect.poll(async () => (await atAgent("get", "shop/both")).stdout).toContain("changed since");
});
