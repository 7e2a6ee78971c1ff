/** What a program says of its errors at an agent, who may say so, and when it is told on. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { LaneState } from "../../../packages/agent/lane-state.ts";
import { HealthBook } from "../../../programs/agent/health.ts";
import { startAgentProcess } from "../../../testkit/edge/processes.ts";
import { ledge, type StartedServer, serve, temporaryFolder } from "../../../testkit/processes.ts";

const { path: folder, remove } = temporaryFolder("health");
const data = join(folder, "origin");
let origin: StartedServer;
const tokens = { reader: "", stranger: "", reporter: "" };

const at = (args: readonly string[]) => ledge(["--data", data, ...args]);
async function tokenFor(grant: string): Promise<string> {
  return (await at(["token", "create", grant, "-g", grant])).stdout.trim();
}

beforeAll(async () => {
  origin = await serve(data);
  await at(["ns", "put", "shop"]);
  await at(["put", "shop/limits", "1", "--if", "any"]);
  tokens.reader = await tokenFor("read:shop");
  tokens.stranger = await tokenFor("read:demo");
  tokens.reporter = await tokenFor("read,report,status:shop");
  return async () => {
    await origin.stop();
    remove();
  };
});

/** One of these with another secret. */
const forged = (token: string) => `${token.slice(0, -8)}${"0".repeat(8)}`;

async function post(url: string, path: string, token: string, body: unknown): Promise<number> {
  const answer = await fetch(url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  await answer.text();
  return answer.status;
}

describe("POST /v1/agent/health", () => {
  test("is taken from who reads the namespace, and reaches the fleet", async () => {
    const args = ["shop", "--from", origin.url, "--edge", "fra-1"];
    const { url } = await startAgentProcess(join(folder, "edge"), args, { LEDGE_TOKEN: tokens.reporter });
    const said = { namespace: "shop", errorRate: 0.25 };
    const statusOf = (token: string, body: unknown) => post(url, "/v1/agent/health", token, body);
    expect(await statusOf(tokens.stranger, said)).toBe(403);
    expect(await statusOf(forged(tokens.reader), said)).toBe(401);
    expect(await statusOf(tokens.reader, { namespace: "shop", errorRate: 1.5 })).toBe(422);
    expect(await statusOf(tokens.reader, { ...said, other: 1 })).toBe(422);
    expect(await statusOf(tokens.reader, said)).toBe(200);
    const rates = async () => {
      const { replicas } = JSON.parse((await at(["fleet", "shop", "-o", "json"])).stdout);
      return replicas.map(({ errorRate }: { errorRate?: number }) => errorRate);
    };
    await expect.poll(rates).toEqual([0.25]);
    const seen = { namespace: "shop", lineage: "0".repeat(32), revision: 1, source: "origin" };
    const beacons = { beacons: [{ edge: "ams-1", version: "0", namespaces: [seen] }] };
    expect(await post(url, "/v1/fleet/beacons", forged(tokens.reporter), beacons)).toBe(401);
    expect(await post(url, "/v1/fleet/beacons", tokens.reader, beacons)).toBe(403);
    expect(readFileSync(join(folder, "edge", "tokens.json"), "utf8")).not.toContain(tokens.reader);
  });
});

describe("HealthBook", () => {
  const laneAt = (revision: number) => {
    const state = new LaneState();
    state.moved({ lineage: "1".repeat(32), epoch: 0, revision });
    return { namespace: "shop", state };
  };

  test("tells the highest rate of all programs, for a minute", () => {
    let nowMs = 0;
    const book = new HealthBook(() => nowMs);
    const lane = laneAt(7);
    expect(book.rateOf(lane)).toBeUndefined();
    expect(book.note(lane, "a", 0.5)).toBe(true);
    nowMs = 30_000;
    expect(book.note(lane, "b", 0.1)).toBe(false);
    expect(book.rateOf(lane)).toBe(0.5);
    nowMs = 59_999;
    expect(book.rateOf(lane)).toBe(0.5);
    nowMs = 60_000;
    expect(book.rateOf(lane)).toBe(0.1);
    expect(book.rateOf({ ...lane, namespace: "other" })).toBeUndefined();
  });

  test("tells no rate of a revision at which it was not measured", () => {
    const book = new HealthBook(() => 0);
    const lane = laneAt(7);
    book.note(lane, "a", 0.5);
    lane.state.moved({ lineage: "1".repeat(32), epoch: 0, revision: 8 });
    expect(book.rateOf(lane)).toBeUndefined();
  });
});
