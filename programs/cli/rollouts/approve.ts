/** `ledge rollout approve`: a second person lets the step begin that a rollout waits before. */
import { CommitAnswer } from "../../../lib/api/document-answers.ts";
import { Rollout } from "../../../lib/api/rollout-bodies.ts";
import type { ChannelPlace } from "../../../lib/core/rollout/documents.ts";
import { requireYes } from "../ask.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { printJson, say, sayDone } from "../output.ts";
import { nameOfChannel, pathOfChannel } from "./place.ts";
import { linesOfRollout } from "./view.ts";

export interface ApproveOptions {
  readonly yes?: boolean;
  readonly message?: string;
  readonly output: string;
}

/** Shows it, asks, and approves just that. */
export async function approveStep(
  client: Client,
  place: ChannelPlace,
  { yes, message, output }: ApproveOptions,
): Promise<void> {
  const path = pathOfChannel("rollouts", place);
  const found = await client.json(Rollout, "GET", path, { what: nameOfChannel(place) });
  const { namespace } = place;
  say(linesOfRollout(found).join("").trimEnd());
  say(`what it carries: \`ledge diff ${namespace} --from ${found.from} --to ${found.to}\``);
  if (found.state !== "waiting")
    throw new Failure(EXIT.absent, `the rollout waits for nobody: it is ${found.state}`);
  if (yes !== true)
    await requireYes(`Approve step ${found.step + 2} of ${found.steps.length}?`, { flag: "--yes" });
  const made = await client.json(CommitAnswer, "POST", `${path}/approve`, {
    query: { message },
    body: JSON.stringify({ revision: found.revision }),
    asServerSays: true,
  });
  if (output === "json") return printJson(made);
  sayDone(`step ${found.step + 2} of the rollout of ${nameOfChannel(place)} is approved, and begins`);
}
