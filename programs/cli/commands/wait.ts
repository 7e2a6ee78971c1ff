/** `ledge wait`: until the fleet has come to a revision. */
import { type Command, InvalidArgumentError } from "commander";
import { Fleet } from "../../../lib/api/rollout-bodies.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { parseSpan } from "../moment.ts";
import { countWords, printJson, sayDone } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { showGoingOn } from "../rollouts/going-on.ts";

const WAIT_S = 20;
const NAMED_MAX = 5;

interface WaitOptions {
  readonly timeout: string;
  readonly output: string;
}

export function addWait(program: Command, client: () => Client): void {
  program
    .command("wait")
    .description(
      "wait until every edge that is not silent serves a revision, or a later one; 9 when it does not in time",
    )
    .argument("<revision>", "the revision that a write answered", parseRevision)
    .argument("[namespace]", "only of this namespace")
    .option("--timeout <span>", "give up after so long", "10m")
    .addOption(outputOption(["text", "json"]))
    .action((revision: number, namespace: string | undefined, options: WaitOptions) =>
      waitFor(client(), { revision, namespace }, options),
    );
}

async function waitFor(
  client: Client,
  { revision, namespace }: { readonly revision: number; readonly namespace: string | undefined },
  { timeout, output }: WaitOptions,
): Promise<void> {
  const end = performance.now() + parseSpan("--timeout", timeout);
  const progress = showGoingOn();
  for (;;) {
    const wait = Math.max(0, Math.min(WAIT_S, Math.ceil((end - performance.now()) / 1000)));
    const fleet = await client.json(Fleet, "GET", "/v1/admin/fleet", {
      query: { revision, ns: namespace, wait, limit: 1 },
    });
    const { waiting = [], summary } = fleet;
    const over = performance.now() >= end;
    if (fleet.reached !== true && !over) {
      progress.show(`waiting for ${named(waiting)}`);
      continue;
    }
    progress.end();
    if (output === "json") printJson({ reached: fleet.reached, waiting, summary });
    if (fleet.reached !== true)
      throw new Failure(EXIT.late, `not at revision ${revision} in time: ${named(waiting)}`, {
        hint: hintOf(waiting, revision),
      });
    if (summary.replicas === summary.silent)
      throw new Failure(
        EXIT.absent,
        "no edge has reported in the last five minutes: there is nobody to wait for",
      );
    if (output !== "json")
      sayDone(`every edge that is heard is at revision ${revision} (${countWords(summary.edges, "edge")})`);
    return;
  }
}

function named(waiting: NonNullable<Fleet["waiting"]>): string {
  const names = waiting
    .slice(0, NAMED_MAX)
    .map(
      ({ edge, revision, channel }) =>
        `${edge} (at ${revision})${channel === undefined ? "" : ` by channel ${channel}`}`,
    );
  const more = waiting.length > NAMED_MAX ? " and others" : "";
  return `${names.join(", ")}${more}`;
}

/** Whoever follows a channel waits for that, and not for the link. */
function hintOf(waiting: NonNullable<Fleet["waiting"]>, revision: number): string | undefined {
  const { namespace, channel } = waiting.find((one) => one.channel !== undefined) ?? {};
  if (channel === undefined) return undefined;
  return `an edge that follows a channel has a revision once the channel does: \`ledge rollout start ${namespace}/${channel} --to ${revision} …\``;
}

function parseRevision(text: string): number {
  if (!/^[1-9]\d{0,15}$/.test(text)) throw new InvalidArgumentError("a revision is a whole number from 1");
  return Number(text);
}
