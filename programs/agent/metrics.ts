/** Gauges of an agent in the text form of Prometheus: how far each namespace is, how old, and what is wrong. */
import type { Lane } from "../../packages/agent/lane.ts";

interface Gauge {
  readonly name: string;
  readonly help: string;
  value(lane: Lane): number | undefined;
}

const GAUGES: readonly Gauge[] = [
  {
    name: "ledge_agent_revision",
    help: "The revision that is served.",
    value: ({ state }) => state.place?.revision,
  },
  {
    name: "ledge_agent_age_seconds",
    help: "Since what is served was last known to be the newest state.",
    value: ({ state }) => state.ageSeconds(),
  },
  {
    name: "ledge_agent_ready",
    help: "1 where there is a state to serve.",
    value: ({ replica }) => Number(replica !== undefined),
  },
  {
    name: "ledge_agent_followed",
    help: "1 while a source answers.",
    value: ({ state }) => Number(state.source !== undefined),
  },
  {
    name: "ledge_agent_refused_revision",
    help: "The newest revision that was offered and is not served; 0 for none.",
    value: ({ state }) => state.refusal?.revision ?? 0,
  },
];

export function agentMetrics(lanes: readonly Lane[]): string {
  return GAUGES.map(({ name, help, value }) => {
    const rows = lanes.flatMap((lane) => {
      const found = value(lane);
      return found === undefined ? [] : [`${name}{namespace="${lane.namespace}"} ${found}\n`];
    });
    return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${rows.join("")}`;
  }).join("");
}
