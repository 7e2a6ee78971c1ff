/** `ledge edge`: the labels of edges, which the rings of rollouts go by. */
import { type Command, InvalidArgumentError } from "commander";
import { CommitAnswer } from "../../../lib/api/document-answers.ts";
import { Edge, EdgesPage } from "../../../lib/api/rollout-bodies.ts";
import { edgeKey, edgeOfKey } from "../../../lib/core/rollout/documents.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client } from "../client.ts";
import { conditionHeaders } from "../documents/condition.ts";
import { Failure } from "../failure.ts";
import { printJson, sayDone } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { followPages } from "../pages.ts";
import { repeated } from "../repeated.ts";
import { labelsOf } from "../rollouts/steps.ts";
import { printTable } from "../table.ts";

interface EdgeOptions {
  readonly unset?: readonly string[];
  readonly description?: string;
  readonly message?: string;
  readonly output: string;
}

export function addEdge(program: Command, client: () => Client): void {
  const edge = program
    .command("edge")
    .description("edges and their labels, which the rings of rollouts go by");
  edge
    .command("ls")
    .description("list edges with their labels")
    .addOption(outputOption(["table", "json"]))
    .action(async ({ output }: EdgeOptions) => {
      const all: Edge[] = [];
      for await (const page of followPages(client(), EdgesPage, "/v1/admin/edges", {}))
        all.push(...page.edges);
      if (output === "json") return printJson(all);
      printTable(
        ["EDGE", "LABELS", "DESCRIPTION"],
        all.map((one) => [one.edge, labelsText(one.labels), one.description ?? ""]),
      );
    });
  edge
    .command("set")
    .description("give an edge labels, and keep those that it has")
    .argument("<edge>", "its name", parseEdgeName)
    .argument("[label...]", "such as ring=canary region=eu")
    .option("--unset <label>", "take a label away (may be given again)", repeated)
    .option("--description <text>", "where it is, or whose")
    .option("-m, --message <text>", "why, kept with the commit")
    .addOption(outputOption(["text", "json"]))
    .action((name: string, labels: readonly string[], options: EdgeOptions) =>
      set(client(), { name, labels }, options),
    );
  edge
    .command("rm")
    .description("forget the labels of an edge")
    .argument("<edge>", "its name", parseEdgeName)
    .option("-m, --message <text>", "why, kept with the commit")
    .addOption(outputOption(["text", "json"]))
    .action(async (name: string, { message, output }: EdgeOptions) => {
      const made = await client().json(CommitAnswer, "DELETE", pathOf(name), {
        query: { message },
        headers: conditionHeaders("any"),
        what: `edge ${name}`,
      });
      if (output === "json") return printJson(made);
      sayDone(`the labels of ${name} are gone`);
    });
}

/** Over what is there, which the write names. */
async function set(
  client: Client,
  { name, labels }: { readonly name: string; readonly labels: readonly string[] },
  { unset = [], description, message, output }: EdgeOptions,
): Promise<void> {
  const there = await client
    .json(Edge, "GET", pathOf(name), { what: `edge ${name}` })
    .catch((error: unknown) => {
      if (error instanceof Failure && error.code === "not_found") return undefined;
      throw error;
    });
  const wanted = { ...there?.labels, ...Object.assign({}, ...labels.map(labelsOf)) };
  for (const label of unset) delete wanted[label];
  const words = description ?? there?.description;
  const made = await client.json(CommitAnswer, "PUT", pathOf(name), {
    query: { message },
    headers: conditionHeaders(there?.etag ?? "absent"),
    body: JSON.stringify({ labels: wanted, ...(words === undefined ? {} : { description: words }) }),
    what: `edge ${name}`,
  });
  if (output === "json") return printJson(made);
  sayDone(`${name} has ${labelsText(wanted) || "no labels"}`);
}

function pathOf(name: string): string {
  return pathTo`/v1/admin/edges/${name}`;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}

function parseEdgeName(text: string): string {
  if (edgeOfKey(edgeKey(text)) === undefined)
    throw new InvalidArgumentError("a lower-case letter or digit and up to 126 more of a-z 0-9 . _ / -");
  return text;
}
