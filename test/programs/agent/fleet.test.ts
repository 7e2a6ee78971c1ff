/** Reports of agents on their way to the origin: from its own, and through a relay. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { startAgentProcess } from "../../../testkit/edge/processes.ts";
import { ledge, type StartedServer, serve, temporaryFolder } from "../../../testkit/processes.ts";

const { path: folder } = temporaryFolder("agent-fleet");
const data = join(folder, "origin");
let origin: StartedServer;

beforeAll(async () => {
  origin = await serve(data);
  await run("ns", "put", "shop");
  return async () => {
    await origin.stop();
  };
});

const run = (...args: string[]) => ledge(["--data", data, ...args]);

async function tokenFor(name: string, ...grants: string[]): Promise<string> {
  const file = join(folder, name.replaceAll("/", "-"));
  const made = await run("token", "create", name, ...grants.flatMap((grant) => ["-g", grant]));
  writeFileSync(file, made.stdout);
  return file;
}

interface Seen {
  readonly edge: string;
  readonly through?: string;
  readonly revision: number;
  readonly source: string;
}

async function fleet(): Promise<Seen[]> {
  const token = readFileSync(join(data, "admin-token"), "utf8").trim();
  const answer = await fetch(`${origin.url}/v1/admin/fleet?ns=shop`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { replicas } = (await answer.json()) as { replicas: Seen[] };
  return replicas;
}

/** An agent that reports as this edge, in a folder of its own. */
const named = (edge: string, from: string, token: string) =>
  startAgentProcess(join(folder, `${edge.replaceAll("/", "-")}-data`), [
    "shop",
    "--from",
    from,
    "--token-file",
    token,
    "--edge",
    edge,
  ]);

test("show each edge with its revision, and the relay that it came through", async () => {
  const relayToken = await tokenFor("eu/relay", "read:shop", "report:shop/eu/");
  const edgeToken = await tokenFor("eu/fra-1", "read:shop", "report:shop/eu/fra-1");
  const relay = await named("eu/relay", origin.url, relayToken);
  await named("eu/fra-1", relay.url, edgeToken);
  await expect
    .poll(async () => (await fleet()).map(({ edge, through, source }) => [edge, through, source]))
    .toEqual([
      ["eu/fra-1", "eu/relay", "relay"],
      ["eu/relay", undefined, "origin"],
    ]);
  const made = await run("put", "shop/limits", "1", "--if", "any", "-m", "by a test", "-o", "json");
  const { revision } = JSON.parse(made.stdout);
  // It ends once both say that they are there.
  expect(await run("wait", String(revision), "shop", "--timeout", "5m")).toMatchObject({ status: 0 });
  expect((await fleet()).map((one) => one.revision)).toEqual([revision, revision]);
});

test("are taken for the edges that a token names, and for no other", async () => {
  const token = readFileSync(await tokenFor("eu/ams-1", "read:shop", "report:shop/eu/ams-1"), "utf8").trim();
  const relay = await startAgentProcess(join(folder, "other-relay"), [
    "shop",
    "--from",
    origin.url,
    "--token-file",
    join(folder, "eu-ams-1"),
  ]);
  const send = async (edge: string) => {
    const beacons = [
      {
        edge,
        version: "1",
        namespaces: [{ namespace: "shop", lineage: "0".repeat(32), revision: 1, source: "origin" }],
      },
    ];
    const answer = await fetch(`${relay.url}/v1/fleet/beacons`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ beacons }),
    });
    return answer.status;
  };
  expect([await send("eu/ams-1"), await send("eu/fra-1"), await send("")]).toEqual([200, 403, 422]);
});

test("reach the origin though the relay may not report for one of the edges", async () => {
  const relayToken = await tokenFor("us/relay", "read:shop", "report:shop/us/");
  await tokenFor("us/nyc-1", "read:shop", "report:shop/us/nyc-1");
  await tokenFor("eu/stray", "read:shop", "report:shop/eu/stray");
  const relay = await named("us/relay", origin.url, relayToken);
  for (const edge of ["eu/stray", "us/nyc-1"])
    await named(edge, relay.url, join(folder, edge.replaceAll("/", "-")));
  await expect
    .poll(async () => (await fleet()).map(({ edge }) => edge))
    .toEqual(expect.arrayContaining(["us/nyc-1", "us/relay"]));
  expect((await fleet()).map(({ edge }) => edge)).not.toContain("eu/stray");
});
