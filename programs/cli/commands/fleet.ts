/** `ledge fleet`: which edge serves which revision. */
import type { Command } from "commander";
import { Fleet, type Replica } from "../../../lib/api/rollout-bodies.ts";
import type { Client } from "../client.ts";
import { countWords, printJson, say } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { printTable } from "../table.ts";

export function addFleet(program: Command, client: () => Client): void {
  program
    .command("fleet")
    .description("which edge serves which revision, who is behind, silent or refuses")
    .argument("[namespace]")
    .addOption(outputOption(["table", "json"]))
    .action(async (namespace: string | undefined, { output }: { output: string }) => {
      const fleet = await readFleet(client(), namespace);
      if (output === "json") return printJson(fleet);
      const now = Date.now();
      printTable(
        ["EDGE", "NAMESPACE", "REVISION", "BEHIND", "HEARD", "STATE"],
        fleet.replicas.map((one) => rowOf(one, now)),
      );
      say(summaryLine(fleet));
    });
}

/** Every page of it; the numbers are those of the first. */
async function readFleet(client: Client, namespace: string | undefined): Promise<Fleet> {
  const read = (cursor: string | undefined) =>
    client.json(Fleet, "GET", "/v1/admin/fleet", { query: { ns: namespace, cursor, limit: 1000 } });
  const first = await read(undefined);
  const replicas = [...first.replicas];
  for (let { next } = first; next !== undefined; ) {
    const page = await read(next);
    replicas.push(...page.replicas);
    next = page.next;
  }
  const { next: _, ...fleet } = first;
  return { ...fleet, replicas };
}

function rowOf(replica: Replica, nowMs: number): string[] {
  const { edge, namespace, revision, behindRevisions, behindSeconds, heard } = replica;
  const behind = behindRevisions === 0 ? "" : `${behindRevisions} (${shortSpan(behindSeconds)})`;
  const ago = shortSpan(Math.max(0, Math.round((nowMs - Date.parse(heard)) / 1000)));
  return [edge, namespace, String(revision), behind, ago, stateOf(replica)];
}

function stateOf({ standing, silentSince, refusal }: Replica): string {
  if (silentSince !== undefined) return "silent";
  if (refusal !== undefined) return `refuses ${refusal.revision}`;
  return standing;
}

function summaryLine({ summary }: Fleet): string {
  const { edges, replicas, silent, behind, refusing, ahead, lost, foreign } = summary;
  const apart = ahead + lost + foreign;
  return `${countWords(edges, "edge")}, ${countWords(replicas, "replica")}: ${silent} silent, ${behind} behind, ${refusing} refusing${apart === 0 ? "" : `, ${apart} of another history or ahead`}`;
}

function shortSpan(seconds: number): string {
  if (seconds < 100) return `${seconds}s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)}h` : `${Math.round(seconds / 86_400)}d`;
}
