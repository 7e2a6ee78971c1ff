/** An import from end to end: reads the source whole, plans, asks where something would be deleted, carries the plan out. */

import { pathTo } from "../../../packages/client/path-to.ts";
import { requireYes } from "../ask.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { countWords, formatBytes, printJson, say, sayDone } from "../output.ts";
import { overrideMember } from "../override-option.ts";
import { type CarriedOut, carryOut, formatRevisions } from "./carry-out.ts";
import type { ImportFormat } from "./formats.ts";
import { type ImportPlan, makePlan, type PlanScope } from "./plan.ts";
import { type ReadSource, readSource } from "./read.ts";
import { countPlan, planAsJson, printChanges } from "./show.ts";
import { formatPlace } from "./source.ts";

/** Changes that are printed one by one; the rest is counted. */
const SHOWN = 20;

export interface ImportOptions {
  readonly namespace?: string;
  readonly prefix?: string;
  readonly stripPrefix?: string;
  readonly format?: ImportFormat;
  readonly split?: boolean;
  readonly stripExtensions?: boolean;
  readonly exclude?: readonly string[];
  readonly plan?: boolean;
  readonly diff?: boolean;
  readonly prune?: boolean;
  readonly yes?: boolean;
  readonly createNamespaces?: boolean;
  readonly message?: string;
  readonly override?: string;
  readonly output: "text" | "json";
}

/** Ends with exit code 8 where a plan was asked for and holds changes. */
export async function runImport(client: Client, source: string, options: ImportOptions): Promise<void> {
  const { read, plan } = await planImport(client, source, options);
  if (options.plan === true) return showPlan(plan, options);
  if (options.yes !== true) await askForDeletions(plan);
  for (const name of plan.missing) await createNamespace(client, name);
  const words = { message: options.message, ...overrideMember(options.override) };
  const done = await carryOut(client, plan.changes, words);
  report(read, plan, done, options);
}

/** Reads the source whole and compares it with the store. Refuses faults in it, and namespaces that are not there. */
export async function planImport(
  client: Client,
  source: string,
  options: ImportOptions,
): Promise<{ readonly read: ReadSource; readonly plan: ImportPlan }> {
  judgeOptions(options);
  const read = await readSource(source, {
    namespace: options.namespace,
    prefix: options.prefix ?? "",
    stripPrefix: options.stripPrefix ?? "",
    exclude: options.exclude ?? [],
    format: options.format,
    split: options.split === true,
    stripExtensions: options.stripExtensions === true,
  });
  refuseFaults(source, read);
  const plan = await makePlan(client, read.content, scopeOf(read, options));
  refuseMissing(plan, options);
  return { read, plan };
}

function judgeOptions({ prefix, namespace, plan, yes }: ImportOptions): void {
  if (prefix !== undefined && namespace === undefined) throw new Failure(EXIT.usage, "--prefix needs -n");
  if (prefix !== undefined && !prefix.endsWith("/"))
    throw new Failure(EXIT.usage, `a prefix ends in a slash: --prefix ${prefix}/`);
  if (plan === true && yes === true) throw new Failure(EXIT.usage, "--plan changes nothing: leave out --yes");
}

/** What the source leaves out is left alone by --prune, too, as rsync does it. */
function scopeOf({ isExcluded }: ReadSource, options: ImportOptions): PlanScope {
  const { namespace, prefix = "", stripPrefix = "" } = options;
  const pathOf = (of: string, key: string) => {
    const inner = stripPrefix + key.slice(prefix.length);
    return namespace === undefined ? `${of}/${inner}` : inner;
  };
  return {
    prune: options.prune === true,
    prefix,
    isKept: (of: string, key: string) => isExcluded(pathOf(of, key)),
  };
}

function refuseFaults(source: string, { content: { faults } }: ReadSource): void {
  if (faults.length === 0) return;
  const lines = faults.map(({ what, ...place }) => `\n  ${formatPlace(place)}: ${what}`);
  const name = source === "-" ? "standard input" : source;
  throw new Failure(
    EXIT.usage,
    `${name} has ${countWords(faults.length, "fault")}; nothing was written${lines.join("")}`,
    {
      hint: "mend them, or leave files out with --exclude or a .ledgeignore file",
    },
  );
}

function refuseMissing({ missing }: ImportPlan, { createNamespaces }: ImportOptions): void {
  if (missing.length === 0 || createNamespaces === true) return;
  const commands = missing.map((name) => `\n  \`ledge ns put ${name}\``);
  const words = missing.length === 1 ? "a namespace is" : `${missing.length} namespaces are`;
  throw new Failure(
    EXIT.absent,
    `${words} not there; nothing was written. To make them:${commands.join("")}`,
    {
      hint: "or say --create-namespaces",
    },
  );
}

async function createNamespace(client: Client, name: string): Promise<void> {
  const path = pathTo`/v1/admin/namespaces/${name}`;
  const headers = { "content-type": "application/json", "if-none-match": "*" };
  await client.request("PUT", path, { headers, body: "{}" });
  say(`namespace ${name} made`);
}

/** Deletions are never a surprise: they are shown and asked for. */
async function askForDeletions({ changes }: ImportPlan): Promise<void> {
  const deletions = changes.filter(({ op }) => op === "delete");
  if (deletions.length === 0) return;
  await requireYes(`Delete ${countWords(deletions.length, "document")}?`, {
    flag: "--yes",
    look: "--plan",
    show: () => printChanges(deletions, { max: SHOWN, diff: false }),
  });
}

/** The plan is the command's data, so that it can be kept and looked through; the sum is talk. */
function showPlan(plan: ImportPlan, options: ImportOptions): void {
  if (options.output === "json") printJson(planAsJson(plan, plan.missing));
  else {
    for (const name of plan.missing) say(`namespace ${name} would be made`);
    printChanges(plan.changes, { max: Number.POSITIVE_INFINITY, diff: options.diff === true });
    const { created, changed, deleted, unchanged } = countPlan(plan);
    say(
      plan.changes.length === 0
        ? `nothing would change: ${countWords(unchanged, "document")} as they are`
        : `plan: ${created} to create, ${changed} to change, ${deleted} to delete, ${unchanged} as they are`,
    );
  }
  if (plan.changes.length > 0) process.exitCode = EXIT.changes;
}

function report({ content }: ReadSource, plan: ImportPlan, done: CarriedOut, options: ImportOptions): void {
  const counts = countPlan(plan);
  const documents = content.documents.length;
  const { first, last, commits, bytes } = done;
  if (options.output === "json") {
    const revision = last ?? plan.revision;
    printJson({ documents, bytes, commits, ...counts, firstRevision: first ?? revision, revision });
    return;
  }
  printChanges(plan.changes, { max: SHOWN, diff: options.diff === true });
  const { created, changed, deleted, unchanged } = counts;
  sayDone(
    last === undefined
      ? `nothing to do: ${countWords(documents, "document")} as they were`
      : `${created} created, ${changed} changed, ${deleted} deleted, ${unchanged} as they were (${formatBytes(bytes)} written): ${formatRevisions(done)}`,
  );
}
