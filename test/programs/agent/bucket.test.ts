/** `ledge agent` that lives from the bucket: alone, and when the origin is gone. */
import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { httpSource } from "../../../packages/agent/index.ts";
import { agentBucketSource } from "../../../programs/agent/bucket-source.ts";
import { nodeFetch } from "../../../programs/cli/server/node-fetch.ts";
import { openServedBucket } from "../../../testkit/bucket.ts";
import { environmentOf, variablesOf } from "../../../testkit/bucket-settings.ts";
import { runLane, servedBy } from "../../../testkit/edge/lanes.ts";
import { startAgentProcess } from "../../../testkit/edge/processes.ts";
import { ledge, serve, temporaryFolder } from "../../../testkit/processes.ts";

const { path: folder } = temporaryFolder("agent-bucket");

async function originWithBucket() {
  const { server, bucket } = await openServedBucket();
  const data = mkdtempSync(join(folder, "origin-"));
  const env = environmentOf(variablesOf(server));
  const origin = await serve(data, [], env);
  const run = (...args: string[]) => ledge(["--data", data, ...args]);
  await run("ns", "put", "shop");
  const put = (value: string) => run("put", "shop/limits", value, "--if", "any", "-m", "by a test");
  await put("1");
  const token = (await run("token", "create", "edge", "-g", "read:shop")).stdout.trim();
  const address = `${server.endpoint}/${server.bucketName}`;
  return { origin, run, put, token, bucket, address, env, data };
}

async function limits(url: string, token: string) {
  const answer = await fetch(`${url}/v1/read/shop?key=limits`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return { text: await answer.text(), source: answer.headers.get("ledge-source") };
}

test("goes on with the bucket when the origin is gone, and back to it", async () => {
  const { origin, run, put, token, bucket, env, data } = await originWithBucket();
  const log = () => {};
  const kept = { reading: {}, branch: undefined, file: join(folder, "known.json"), log };
  const running = runLane(join(folder, "edge"), [
    httpSource({ url: origin.url, token, fetch: nodeFetch() }),
    agentBucketSource({ bucket, name: "the bucket", ...kept }),
  ]);
  onTestFinished(() => running.stop());
  const now = () => [servedBy(running.lane).get("limits"), running.lane.state.source?.kind];
  await expect.poll(() => running.lane.replica).toBeDefined();
  expect(now()).toEqual(["1", "origin"]);
  await put("2");
  expect((await run("backup", "run")).status).toBe(0);
  await origin.stop("SIGKILL");
  await expect.poll(now).toEqual(["2", "bucket"]);
  const again = await serve(data, ["--port", new URL(origin.url).port], env);
  onTestFinished(async () => void (await again.stop()));
  await put("3");
  await expect.poll(now).toEqual(["3", "origin"]);
});

test("begins from the bucket alone, and keeps how high it was", async () => {
  const { origin, run, token, address, env } = await originWithBucket();
  await run("backup", "run");
  const own = join(folder, "own.json");
  const edge = join(folder, "alone");
  const made = await ledge(["token", "local", "app", "-g", "read:shop", "--file", own]);
  expect(made.status, made.stderr).toBe(0);
  await origin.stop();
  const agent = await startAgentProcess(
    edge,
    ["shop", "--from", "bucket", "--bucket", address, "--own-tokens", own],
    env,
  );
  expect(await limits(agent.url, made.stdout.trim())).toEqual({ text: "1", source: "bucket" });
  // The origin's tokens are in the bucket, where an edge does not look.
  expect((await limits(agent.url, token)).text).toContain("not_ready");
  expect(JSON.parse(readFileSync(join(edge, "bucket.json"), "utf8"))).toMatchObject({ epoch: 0 });
});
