/** An agent with its door in the test's own process, so that a test sets its clocks, and sees what a handler was asked for. */
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Agent, httpSource, openAgent } from "../../packages/agent/index.ts";
import type { Lane } from "../../packages/agent/lane.ts";
import { openAgentHost } from "../../programs/agent/agent-host.ts";
import { Reporter } from "../../programs/agent/beacons.ts";
import { HealthBook } from "../../programs/agent/health.ts";
import { TokenBook } from "../../programs/agent/tokens.ts";
import { testFolder } from "../host.ts";
import type { EdgeOrigin } from "./origin.ts";

export interface AgentDoor {
  readonly agent: Agent;
  readonly lane: Lane;
  /** By which it is judged how long ago a source was asked about a token. */
  readonly clock: { steadyMs: number };
  /** How often a handler has looked for who asks: an answer that is given again has none. */
  handled(): number;
  read(
    path: string,
    token: string | undefined,
    headers?: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly text: string; readonly headers: Headers }>;
}

/** Follows `shop` or a channel of it; `servers` are asked about tokens. Everything is closed after the test. */
export async function openAgentDoor(
  origin: EdgeOrigin,
  {
    follows = "shop",
    servers = [origin.url],
  }: { readonly follows?: string; readonly servers?: string[] } = {},
): Promise<AgentDoor> {
  const folder = testFolder();
  const clock = { steadyMs: 1_000_000 };
  const agent = openAgent({
    folder,
    namespaces: [follows],
    sources: [httpSource({ url: origin.url, token: origin.edgeToken })],
  });
  onTestFinished(() => agent.close());
  await agent.ready(20_000);
  const tokens = new TokenBook({
    file: join(folder, "tokens.json"),
    own: [],
    servers: servers.map((url) => ({ url })),
    keepMs: 86_400_000,
    clocks: { steadyMs: () => clock.steadyMs, wallMs: () => Date.now() },
  });
  let handled = 0;
  const counted = tokens.documentOf.bind(tokens);
  tokens.documentOf = (accessor) => {
    handled += 1;
    return counted(accessor);
  };
  const health = new HealthBook();
  const parts = { agent, tokens, health, edge: undefined, log: () => {} };
  const reporter = new Reporter({ ...parts, targets: [], everyMs: 60_000 });
  const listen = { host: "127.0.0.1", port: 0 };
  const host = await openAgentHost({
    ...parts,
    reporter,
    listen,
    allowHosts: [],
    allowOrigins: [],
    parkedMax: 10,
  });
  onTestFinished(() => host.stop());
  const lane = agent.lanes.get("shop");
  if (lane === undefined) throw new Error("it follows shop");
  return {
    agent,
    lane,
    clock,
    handled: () => handled,
    async read(path, token, headers = {}) {
      const answer = await fetch(`${host.url}${path}`, {
        headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
      });
      return { status: answer.status, text: await answer.text(), headers: answer.headers };
    },
  };
}
