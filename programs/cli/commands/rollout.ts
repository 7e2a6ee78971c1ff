/** `ledge rollout`: a channel moved from one revision to another, step by step. */
import type { Command } from "commander";
import { CommitAnswer } from "../../../lib/api/document-answers.ts";
import { Rollout, RolloutsPage } from "../../../lib/api/rollout-bodies.ts";
import type { ChannelPlace } from "../../../lib/core/rollout/documents.ts";
import type { Client } from "../client.ts";
import { conditionHeaders } from "../documents/condition.ts";
import { EXIT, Failure } from "../failure.ts";
import { parseSpan } from "../moment.ts";
import { printJson, say, sayDone } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { overrideOption } from "../override-option.ts";
import { followPages } from "../pages.ts";
import { repeated } from "../repeated.ts";
import { type ApproveOptions, approveStep } from "../rollouts/approve.ts";
import { nameOfChannel, parseChannelPlace, pathOfChannel } from "../rollouts/place.ts";
import { resolveRevision } from "../rollouts/revision.ts";
import { bodyOf, type StepFlags } from "../rollouts/steps.ts";
import { linesOfRollout } from "../rollouts/view.ts";
import { waitForEnd } from "../rollouts/wait-for-end.ts";
import { printTable } from "../table.ts";

interface Words {
  readonly message?: string;
  readonly output: string;
}

interface StartOptions extends StepFlags, Words {
  readonly to?: string;
  readonly override?: string;
}

const PLACE = "NAMESPACE/CHANNEL";

export function addRollout(program: Command, client: () => Client): void {
  const rollout = program
    .command("rollout")
    .description("rollouts: move a channel to another revision step by step, as long as its edges are well");
  addStart(rollout, client);
  addApprove(rollout, client);
  rollout
    .command("ls")
    .description("the last rollout of each channel")
    .argument("[namespace]")
    .addOption(outputOption(["table", "json"]))
    .action(async (namespace: string | undefined, { output }: Words) => list(client(), namespace, output));
  rollout
    .command("status")
    .description("how far the channel's last rollout is; with --wait until it has ended")
    .argument("<channel>", PLACE, parseChannelPlace)
    .option("--wait", "wait until it is done, or stands still: 0 when done, 6 when it failed or was aborted")
    .option("--timeout <span>", "with --wait: give up after so long, with 9", "1h")
    .addOption(outputOption(["text", "json"]))
    .action(
      async (place: ChannelPlace, options: Words & { readonly wait?: boolean; readonly timeout: string }) => {
        const found =
          options.wait === true
            ? await waitForEnd(client(), place, parseSpan("--timeout", options.timeout))
            : await read(client(), place);
        if (options.output === "json") printJson(found);
        else process.stdout.write(linesOfRollout(found).join(""));
        if (options.wait === true) endUnlessDone(found);
      },
    );
  for (const [verb, done, what] of STEERING)
    rollout
      .command(verb)
      .description(what)
      .argument("<channel>", PLACE, parseChannelPlace)
      .option("-m, --message <text>", "why, kept with the commit")
      .addOption(outputOption(["text", "json"]))
      .action((place: ChannelPlace, options: Words) => steer(client(), place, { verb, done, ...options }));
  rollout
    .command("hurry")
    .description("skip what is left: every edge gets the new revision now; needs the verb override")
    .argument("<channel>", PLACE, parseChannelPlace)
    .requiredOption("--reason <text>", "why; it stands in the commit")
    .option("-m, --message <text>", "kept with the commit, too")
    .addOption(outputOption(["text", "json"]))
    .action((place: ChannelPlace, { reason, ...options }: Words & { readonly reason: string }) =>
      steer(client(), place, { verb: "hurry", done: "is done", override: reason, ...options }),
    );
}

const STEERING = [
  ["pause", "is paused", "hold a rollout where it is"],
  ["resume", "goes on", "go on with a rollout that was paused or has stopped; its step bakes anew"],
  ["abort", "is aborted", "end a rollout: every edge gets the revision that it came from"],
] as const;

function addApprove(rollout: Command, client: () => Client): void {
  rollout
    .command("approve")
    .description("let the step begin that a rollout of somebody else waits before; needs the verb approve")
    .argument("<channel>", PLACE, parseChannelPlace)
    .option("-m, --message <text>", "why, kept with the commit")
    .option("--yes", "do it without asking")
    .addOption(outputOption(["text", "json"]))
    .action((place: ChannelPlace, options: ApproveOptions) => approveStep(client(), place, options));
}

function addStart(rollout: Command, client: () => Client): void {
  rollout
    .command("start")
    .description("begin to move a channel to another revision")
    .argument("<channel>", PLACE, parseChannelPlace)
    .option("--to <revision>", "the revision that it goes to, or head for the newest")
    .option(
      "--step <who>",
      "a ring by its labels (ring=canary) or a share (10%); once for each step",
      repeated,
    )
    .option("--review", "it waits for somebody to approve it before its first step")
    .option("--review-step <n>", "it waits so before this step, by its place; once for each", repeated)
    .option("--bake <span>", "how long each step has to hold (default: 10m)")
    .option("--from-file <file>", "steps, health and onFailure as JSON")
    .option(
      "--min-share <share>",
      "of a step's edges so many report the new revision after its bake (default: 90%)",
    )
    .option("--max-refusals <n>", "edges that may refuse it (default: 0)")
    .option("--max-error-rate <share>", "the mean of what edges report (default: 5%)")
    .option(
      "--max-failing <share>",
      "of a step's edges so many may report a higher error rate than that (default: 1%)",
    )
    .option("--max-silence <span>", "an edge that is not heard for longer is silent (default: 5m)")
    .option("--max-silent <share>", "of a step's edges so many may fall silent (default: 1%)")
    .option("--min-edges <n>", "with fewer edges there is too little to go by (default: 1)")
    .option(
      "--on-failure <what>",
      "stop (the default): hold there; back: every edge gets the old revision again",
    )
    .addOption(overrideOption())
    .option("-m, --message <text>", "why, kept with the commit")
    .addOption(outputOption(["text", "json"]))
    .action(async (place: ChannelPlace, options: StartOptions) => start(client(), place, options));
}

async function start(client: Client, place: ChannelPlace, options: StartOptions): Promise<void> {
  const { to, override, message, output } = options;
  const body = { ...bodyOf(options), to: await resolveRevision(client, place.namespace, to) };
  const there = await read(client, place).catch((error: unknown) => {
    if (error instanceof Failure && error.code === "not_found") return undefined;
    throw error;
  });
  const made = await client.json(CommitAnswer, "PUT", pathOfChannel("rollouts", place), {
    query: { override, message },
    headers: conditionHeaders(there?.etag ?? "absent"),
    body: JSON.stringify(body),
    what: nameOfChannel(place),
  });
  if (output === "json") return printJson(made);
  const { state, reason } = await read(client, place);
  if (state !== "waiting")
    return sayDone(`the rollout of ${nameOfChannel(place)} to revision ${body.to} has begun`);
  sayDone(`the rollout of ${nameOfChannel(place)} to revision ${body.to} is kept. ${reason}`);
  say(`somebody else lets it begin: \`ledge rollout approve ${place.namespace}/${place.channel}\``);
}

function read(client: Client, place: ChannelPlace): Promise<Rollout> {
  return client.json(Rollout, "GET", pathOfChannel("rollouts", place), { what: nameOfChannel(place) });
}

async function list(client: Client, namespace: string | undefined, output: string): Promise<void> {
  const all: Rollout[] = [];
  for await (const page of followPages(client, RolloutsPage, "/v1/admin/rollouts", { ns: namespace }))
    all.push(...page.rollouts);
  if (output === "json") return printJson(all);
  printTable(
    ["CHANNEL", "FROM", "TO", "STEP", "STATE", "SINCE"],
    all.map((one) => [
      `${one.namespace}/${one.channel}`,
      String(one.from),
      String(one.to),
      `${one.step + 1}/${one.steps.length}`,
      one.state,
      one.since,
    ]),
  );
}

async function steer(
  client: Client,
  place: ChannelPlace,
  { verb, done, override, message, output }: Words & { verb: string; done: string; override?: string },
): Promise<void> {
  const made = await client.json(CommitAnswer, "POST", `${pathOfChannel("rollouts", place)}/${verb}`, {
    query: { override, message },
    // It knows what there is to steer, and what became of it.
    asServerSays: true,
  });
  if (output === "json") return printJson(made);
  sayDone(`the rollout of ${nameOfChannel(place)} ${done}`);
}

function endUnlessDone({ state, reason }: Rollout): void {
  if (state === "done") return;
  if (state === "waiting") throw new Failure(EXIT.late, `the rollout is ${state}: ${reason}`);
  if (state === "running") throw new Failure(EXIT.late, "the rollout has not ended in time");
  throw new Failure(EXIT.refused, `the rollout is ${state}: ${reason}`);
}
