/** What differs between two states of a namespace, or between two namespaces. */
import { type DiffEntry, DiffPage } from "../../../lib/api/document-answers.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { parsePast } from "../moment.ts";
import { printJson, say } from "../output.ts";
import { followPages } from "../pages.ts";
import type { ComparedPlace } from "./places.ts";
import { printDifference, type Standing } from "./show-difference.ts";

export interface DiffOptions {
  readonly from?: string;
  readonly to?: string;
  readonly names?: true;
  readonly exitCode?: true;
  readonly output: "text" | "json";
}

/** `b` is the same namespace where it is not named. */
export async function runDiff(
  client: Client,
  [a, b]: readonly [ComparedPlace, ComparedPlace | undefined],
  options: DiffOptions,
): Promise<void> {
  const { namespace, query } = askedOf(a, b, options);
  const entries: DiffEntry[] = [];
  let states: Pick<DiffPage, "from" | "to"> | undefined;
  const values = options.names === true ? "none" : "bytes";
  for await (const page of followPages(client, DiffPage, pathTo`/v1/diff/${namespace}`, {
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
}

/** What the two places and the flags ask for together; each state is named once. */
function askedOf(a: ComparedPlace, b: ComparedPlace | undefined, options: DiffOptions) {
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
