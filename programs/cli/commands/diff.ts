/** `ledge diff`: what differs between two states of a namespace, or between two namespaces. */
import type { Command } from "commander";
import { type DiffEntry, DiffPage } from "../../../lib/api/document-answers.ts";
import { commandName } from "../called.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { PAST_STATE, parsePast } from "../moment.ts";
import { printJson, say } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { followPages } from "../pages.ts";
import { printDifference, type Standing } from "../past/documents.ts";
import { type ComparedPlace, parseCompared } from "../past/places.ts";

interface Options {
  readonly from?: string;
  readonly to?: string;
  readonly names?: true;
  readonly exitCode?: true;
  readonly output: "text" | "json";
}

const EXAMPLES = `
Examples:
  ${commandName()} diff shop --from 1h                   what changed in the last hour
  ${commandName()} diff shop/limits/ --from 41 --to 42   what one commit did below limits/
  ${commandName()} diff shop@2027-01-31 shop             as it was then, and as it is
  ${commandName()} diff staging prod                     what prod has otherwise
`;

export function addDiff(program: Command, client: () => Client): void {
  program
    .command("diff")
    .description("show what differs between two states of a namespace, or between two namespaces")
    .argument("<a>", "NAMESPACE[@WHEN][/PREFIX]: the state before", parseCompared)
    .argument("[b]", "the state after (default: the same namespace)", parseCompared)
    .option("--from <when>", `the state before: ${PAST_STATE}`)
    .option("--to <when>", "the state after (default: head, the newest)")
    .option("--names", "only what differs, without the texts")
    .option("--exit-code", "end with 8 where anything differs")
    .addOption(outputOption(["text", "json"]))
    .addHelpText("after", EXAMPLES)
    .action(async (a: ComparedPlace, b: ComparedPlace | undefined, options: Options) => {
      const { namespace, query } = askedOf(a, b, options);
      const entries: DiffEntry[] = [];
      let states: Pick<DiffPage, "from" | "to"> | undefined;
      const values = options.names === true ? "none" : "bytes";
      for await (const page of followPages(client(), DiffPage, `/v1/diff/${namespace}`, {
        ...query,
        values,
      })) {
        states ??= page;
        entries.push(...page.entries);
        if (options.output === "text")
          for (const entry of page.entries) printEntry(entry, namespace, options.names !== true);
      }
      if (options.output === "json")
        printJson({ namespace, toNamespace: query.toNamespace, from: states?.from, to: states?.to, entries });
      else if (entries.length === 0) say(`nothing differs: revision ${states?.from} → ${states?.to}`);
      if (options.exitCode === true && entries.length > 0) process.exitCode = EXIT.changes;
    });
}

/** What the two places and the flags ask for together; each state is named once. */
function askedOf(a: ComparedPlace, b: ComparedPlace | undefined, options: Options) {
  const nowMs = Date.now();
  const from = oneOf(a.when, options.from, "--from");
  const to = oneOf(b?.when, options.to, "--to");
  const isOther = b !== undefined && b.namespace !== a.namespace;
  if (!isOther && from === undefined)
    throw new Failure(EXIT.usage, "say from when: --from 1h, or NAMESPACE@WHEN", {
      hint: "or name another namespace to compare with",
    });
  if (b !== undefined && b.prefix !== "" && b.prefix !== a.prefix)
    throw new Failure(EXIT.usage, `one prefix for both: ${a.prefix || "none"} and ${b.prefix} differ`);
  const query = {
    toNamespace: isOther ? b.namespace : undefined,
    prefix: a.prefix || undefined,
    from: parsePast("--from", from, nowMs),
    to: parsePast("--to", to, nowMs),
    limit: 1000,
  };
  return { namespace: a.namespace, query };
}

function oneOf(inPlace: string | undefined, flag: string | undefined, name: string): string | undefined {
  if (inPlace === undefined || flag === undefined) return inPlace ?? flag;
  throw new Failure(EXIT.usage, `${name} ${flag} and @${inPlace} name the same state twice`);
}

function printEntry({ key, before, after }: DiffEntry, namespace: string, patch: boolean): void {
  const standing = (one: DiffEntry["before"]): Standing | null =>
    one === undefined ? null : { name: `${one.namespace}/${one.key}`, stored: one };
  const difference = { before: standing(before), after: standing(after) };
  printDifference({ ...difference, name: difference.after?.name ?? `${namespace}/${key}` }, { patch });
}
