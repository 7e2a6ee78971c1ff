/** What an agent says when it has started: where it listens, what it serves, and what to do next. */
import type { Agent } from "../../packages/agent/index.ts";
import type { Lane } from "../../packages/agent/lane.ts";
import type { AgentCommand } from "./options.ts";

export function agentGreeting(
  { listen, dataDir, from }: Pick<AgentCommand, "listen" | "dataDir" | "from">,
  { agent, url }: { readonly agent: Agent; readonly url: string | undefined },
): string {
  const where = url ?? ("socket" in listen ? `unix:${listen.socket}` : "");
  const lanes = [...agent.lanes.values()];
  const width = Math.max(...lanes.map(({ namespace }) => namespace.length));
  const first = lanes[0]?.namespace ?? "";
  const example =
    url === undefined
      ? `curl --unix-socket ${"socket" in listen ? listen.socket : ""} -H "Authorization: Bearer $TOKEN" http://localhost/v1/list/${first}`
      : `curl -H "Authorization: Bearer $TOKEN" ${where}/v1/list/${first}`;
  return [
    `The agent listens on ${where}`,
    `  follows   ${from.join(", then ")}`,
    `  keeps     ${dataDir}`,
    ...lanes.map((lane) => `  ${lane.namespace.padEnd(width)}  ${wordsOf(lane)}`),
    `Read from it: ${example}`,
  ].join("\n");
}

function wordsOf({ state }: Lane): string {
  const { place, trouble, refusal, source } = state;
  if (place === undefined) {
    if (refusal !== undefined)
      return `nothing yet: revision ${refusal.revision} is refused (${refusal.code}: ${refusal.detail})`;
    return trouble === undefined ? "nothing yet" : `nothing yet: ${trouble.source}: ${trouble.detail}`;
  }
  if (source !== undefined) return `revision ${place.revision}, from ${source.name}`;
  const why = trouble === undefined ? "no source has answered yet" : `${trouble.source}: ${trouble.detail}`;
  return `revision ${place.revision}, from what was here; ${why}`;
}
