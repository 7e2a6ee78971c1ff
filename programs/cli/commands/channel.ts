/** `ledge channel`: named pointers to revisions of a namespace. */
import type { Command } from "commander";
import { CommitAnswer } from "../../../lib/api/document-answers.ts";
import { Channel, ChannelsPage, Rollout } from "../../../lib/api/rollout-bodies.ts";
import type { ChannelPlace } from "../../../lib/core/rollout/documents.ts";
import type { Client } from "../client.ts";
import { conditionHeaders } from "../documents/condition.ts";
import { EXIT, Failure } from "../failure.ts";
import { escapeControl, printJson, sayDone } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { followPages } from "../pages.ts";
import { nameOfChannel, parseChannelPlace, pathOfChannel } from "../rollouts/place.ts";
import { resolveRevision } from "../rollouts/revision.ts";
import { linesOfRollout } from "../rollouts/view.ts";
import { printTable } from "../table.ts";

interface SetOptions {
  readonly to?: string;
  readonly description?: string;
  readonly message?: string;
  readonly output: string;
}

const PLACE = "NAMESPACE/CHANNEL";

export function addChannel(program: Command, client: () => Client): void {
  const channel = program
    .command("channel")
    .description("channels: named pointers to a revision of a namespace, for edges to read by");
  channel
    .command("ls")
    .description("list the channels of a namespace, or of all that you administer")
    .argument("[namespace]")
    .addOption(outputOption(["table", "json"]))
    .action(async (namespace: string | undefined, { output }: { output: string }) => {
      const all: Channel[] = [];
      for await (const page of followPages(client(), ChannelsPage, "/v1/admin/channels", { ns: namespace }))
        all.push(...page.channels);
      if (output === "json") return printJson(all);
      printTable(
        ["CHANNEL", "REVISION", "MOVED", "DESCRIPTION"],
        all.map((one) => [
          `${one.namespace}/${one.channel}`,
          String(one.revision),
          one.modified,
          one.description ?? "",
        ]),
      );
    });
  channel
    .command("set")
    .description(
      "make a channel, or point one somewhere else at once; `ledge rollout start` does it step by step",
    )
    .argument("<channel>", PLACE, parseChannelPlace)
    .option("--to <revision>", "the revision that it points at, or head for the newest")
    .option("--description <text>", "what it is for")
    .option("-m, --message <text>", "why, kept with the commit")
    .addOption(outputOption(["text", "json"]))
    .action((place: ChannelPlace, options: SetOptions) => set(client(), place, options));
  channel
    .command("show")
    .description("where a channel points, and its last rollout")
    .argument("<channel>", PLACE, parseChannelPlace)
    .addOption(outputOption(["text", "json"]))
    .action(async (place: ChannelPlace, { output }: { output: string }) => {
      const found = await find(client(), place);
      const rollout = await client()
        .json(Rollout, "GET", pathOfChannel("rollouts", place))
        .catch(undefinedIfAbsent);
      if (output === "json") return printJson({ ...found, ...(rollout === undefined ? {} : { rollout }) });
      const { revision, modified, description } = found;
      process.stdout.write(`points at revision ${revision}, since ${modified}\n`);
      if (description !== undefined) process.stdout.write(`${escapeControl(description)}\n`);
      if (rollout !== undefined) process.stdout.write(linesOfRollout(rollout).join(""));
    });
  channel
    .command("rm")
    .description("delete a channel; what it pointed at is no longer kept for it")
    .argument("<channel>", PLACE, parseChannelPlace)
    .option("-m, --message <text>", "why, kept with the commit")
    .addOption(outputOption(["text", "json"]))
    .action(async (place: ChannelPlace, { message, output }: SetOptions) => {
      const made = await client().json(CommitAnswer, "DELETE", pathOfChannel("channels", place), {
        query: { message },
        headers: conditionHeaders("any"),
        what: nameOfChannel(place),
      });
      if (output === "json") return printJson(made);
      sayDone(`${nameOfChannel(place)} is gone`);
    });
}

function find(client: Client, place: ChannelPlace): Promise<Channel> {
  return client.json(Channel, "GET", pathOfChannel("channels", place), { what: nameOfChannel(place) });
}

/** Over what is there, which the write names: whoever moves it meanwhile is not undone. */
async function set(
  client: Client,
  place: ChannelPlace,
  { to, description, message, output }: SetOptions,
): Promise<void> {
  const there = await find(client, place).catch(undefinedIfAbsent);
  const onlyWords = there !== undefined && to === undefined && description !== undefined;
  const revision = onlyWords ? there.revision : await resolveRevision(client, place.namespace, to);
  const words = description ?? there?.description;
  const made = await client.json(CommitAnswer, "PUT", pathOfChannel("channels", place), {
    query: { message },
    headers: conditionHeaders(there?.etag ?? "absent"),
    body: JSON.stringify({ revision, ...(words === undefined ? {} : { description: words }) }),
    what: nameOfChannel(place),
  });
  if (output === "json") return printJson(made);
  const result = made.changes[0]?.result === "unchanged" ? "points as before" : "points";
  sayDone(`${nameOfChannel(place)} ${result} at revision ${revision}`);
}

function undefinedIfAbsent(error: unknown): undefined {
  if (error instanceof Failure && error.exit === EXIT.absent && error.code === "not_found") return undefined;
  throw error;
}
