/** What an agent answers to who asks wrongly, or for what is not his: each by name, with what it takes. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { beginAgentProcess } from "../../../testkit/edge/processes.ts";
import { ledge, serve, temporaryFolder } from "../../../testkit/processes.ts";

const { path: folder, remove } = temporaryFolder("wrong-asks");
const tokens = { shop: "", pay: "", edge: "", other: "" };
let url = "";

beforeAll(async () => {
  const data = join(folder, "origin");
  const origin = await serve(data);
  const run = (...args: string[]) => ledge(["--data", data, ...args]);
  for (const namespace of ["shop", "pay", "secret"]) {
    await run("ns", "put", namespace);
    await run("put", `${namespace}/limits`, "1", "--if", "any");
  }
  const tokenFor = async (name: string, ...grants: string[]) =>
    (await run("token", "create", name, ...grants.flatMap((one) => ["-g", one]))).stdout.trim();
  tokens.shop = await tokenFor("shop", "read,status,history:shop");
  tokens.pay = await tokenFor("pay", "read,status:pay");
  tokens.other = await tokenFor("other", "read,status:secret");
  tokens.edge = await tokenFor("edge", "read,report:shop", "read,report:pay");
  const at = join(folder, "edge");
  mkdirSync(at);
  const args = ["shop", "pay", "--from", origin.url, "--edge", "eu/fra-1"];
  const { agent, ready } = beginAgentProcess(at, args, { LEDGE_TOKEN: tokens.edge });
  url = await ready;
  return async () => {
    await agent.stop("SIGKILL");
    await origin.stop();
    remove();
  };
});

interface Asked {
  readonly name: string;
  readonly path: string;
  readonly token?: keyof typeof tokens;
  readonly post?: unknown;
  readonly status: number;
  readonly says: string;
}

async function ask({ path, token = "shop", post }: Omit<Asked, "name" | "status" | "says">) {
  const headers = { authorization: `Bearer ${tokens[token]}` };
  const body = typeof post === "string" ? post : JSON.stringify(post);
  const sent = post === undefined ? { headers } : { method: "POST", headers, body };
  const answer = await fetch(url + path, sent);
  return { status: answer.status, text: await answer.text() };
}

const beacon = (more: object = {}, seen: object = {}) => ({
  beacons: [
    {
      edge: "eu/ams-1",
      version: "1",
      namespaces: [{ namespace: "shop", lineage: "0".repeat(32), revision: 1, source: "origin", ...seen }],
      ...more,
    },
  ],
});
const REPORTS = { path: "/v1/fleet/beacons", token: "edge" } as const;
const HEALTH = { path: "/v1/agent/health" } as const;

describe("an agent refuses", () => {
  test.each<Asked>([
    { name: "a parameter of its state", path: "/v1/agent?ns=shop", status: 400, says: "parameter ns" },
    {
      name: "a parameter of what was lost",
      path: "/v1/agent/lost?ns=shop&before=1",
      status: 400,
      says: "parameter before",
    },
    {
      ...HEALTH,
      name: "a parameter of health",
      path: "/v1/agent/health?x=1",
      post: {},
      status: 400,
      says: "parameter x",
    },
    { ...HEALTH, name: "health that is no JSON", post: "{", status: 422, says: "errorRate" },
    {
      ...HEALTH,
      name: "a rate above 1",
      post: { namespace: "shop", errorRate: 2 },
      status: 422,
      says: "from 0 to 1",
    },
    {
      ...HEALTH,
      name: "health of another's namespace",
      post: { namespace: "pay", errorRate: 0.1 },
      status: 403,
      says: "the verb read in pay",
    },
    {
      ...REPORTS,
      name: "a parameter of reports",
      path: "/v1/fleet/beacons?x=1",
      post: beacon(),
      status: 400,
      says: "parameter x",
    },
    { ...REPORTS, name: "reports that are none", post: "[]", status: 422, says: "no list of reports" },
    {
      ...REPORTS,
      name: "a member that is not known, with its place",
      post: beacon({ mood: "fine" }),
      status: 422,
      says: "/beacons/0",
    },
    {
      ...REPORTS,
      name: "a revision that is none, with its place",
      post: beacon({}, { revision: -1 }),
      status: 422,
      says: "/beacons/0/namespaces/0/revision",
    },
    {
      ...REPORTS,
      name: "reports without the grant",
      token: "shop",
      post: beacon(),
      status: 403,
      says: "the verb report",
    },
    {
      ...REPORTS,
      name: "a report of itself",
      post: beacon({ edge: "eu/fra-1" }),
      status: 501,
      says: "been here before",
    },
    {
      ...REPORTS,
      name: "a report that came by itself",
      post: beacon({ through: "eu/fra-1" }),
      status: 501,
      says: "been here before",
    },
    {
      name: "a namespace that it does not follow",
      path: "/v1/list/secret",
      token: "other",
      status: 404,
      says: "secret",
    },
    { name: "another's namespace", path: "/v1/read/pay?key=limits", status: 403, says: "read" },
    {
      name: "its state for who has status elsewhere",
      path: "/v1/agent",
      token: "other",
      status: 403,
      says: "status",
    },
    {
      name: "its metrics for who has status elsewhere",
      path: "/metrics",
      token: "other",
      status: 403,
      says: "status",
    },
  ])("$name", async ({ status, says, ...asked }) => {
    const answer = await ask(asked);
    expect({ status: answer.status, text: answer.text }).toEqual({
      status,
      text: expect.stringContaining(says),
    });
  });
});

test("its state and its metrics are those of the namespaces that a token may know of", async () => {
  for (const token of ["shop", "pay"] as const) {
    const state = await ask({ path: "/v1/agent", token });
    const { namespaces } = JSON.parse(state.text);
    expect(namespaces.map((one: { namespace: string }) => one.namespace)).toEqual([token]);
    const { text } = await ask({ path: "/metrics", token });
    expect(text.match(/namespace="\w+"/g)?.every((one) => one === `namespace="${token}"`)).toBe(true);
  }
});
