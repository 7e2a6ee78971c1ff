/** `ledge schema`: what the documents of a namespace may hold. */
import { type Command, Option } from "commander";
import { type SchemaEntry, SchemasPage } from "../../../lib/api/admin-answers.ts";
import { CommitAnswer } from "../../../lib/api/document-answers.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client } from "../client.ts";
import { conditionHeaders } from "../documents/condition.ts";
import { EXIT, Failure } from "../failure.ts";
import { countWords, formatBytes, printBytes, printJson, sayDone } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { followPages } from "../pages.ts";
import { type Checked, checkFiles, checkStored, fileSchema, readWhole } from "../schemas/check.ts";
import { printTable } from "../table.ts";

interface Scoped {
  readonly scope: string;
}
type Output = { readonly output: "table" | "json" };

const scopeOption = () =>
  new Option(
    "--scope <scope>",
    "one key, or a prefix that ends in / (default: all of the namespace)",
  ).default("", "all");

export function addSchema(program: Command, client: () => Client): void {
  const schema = program.command("schema").description("schemas: put, get, list, remove and check them");
  schema
    .command("put")
    .description("make a schema, or replace it; documents that are there are compared with it first")
    .argument("<namespace>")
    .argument("<file>", "the schema (JSON Schema 2020-12); - for stdin")
    .addOption(scopeOption())
    .addOption(
      new Option("--existing <check|accept>", "what becomes of documents that fail it")
        .choices(["check", "accept"])
        .default("check"),
    )
    .option("-m, --message <text>", "why, kept with the commit")
    .option("--if <etag>", "replace just this one; `absent` to make it only")
    .action((namespace: string, file: string, options: PutOptions) =>
      put(client(), { namespace, file }, options),
    );
  schema
    .command("get")
    .description("print a schema as it was put")
    .argument("<namespace>")
    .addOption(scopeOption())
    .action(async (namespace: string, { scope }: Scoped) => {
      const what = nameOf(namespace, scope);
      printBytes((await client().request("GET", pathOf(namespace), { query: { scope }, what })).bytes);
    });
  schema
    .command("ls")
    .description("list schemas")
    .argument("[namespace]", "only of this one")
    .addOption(outputOption(["table", "json"]))
    .action((namespace: string | undefined, { output }: Output) => list(client(), namespace, output));
  schema
    .command("rm")
    .description("remove a schema")
    .argument("<namespace>")
    .addOption(scopeOption())
    .option("-m, --message <text>", "why, kept with the commit")
    .action(async (namespace: string, { scope, message }: Scoped & { message?: string }) => {
      const what = nameOf(namespace, scope);
      const headers = conditionHeaders("any");
      await client().request("DELETE", pathOf(namespace), { query: { scope, message }, headers, what });
      sayDone(`${what} is gone`);
    });
  schema
    .command("check")
    .description("say which files, or which documents that are there, do not fit; nothing is written")
    .argument("<namespace>")
    .argument("[files...]", "files to check; without any, what the namespace holds")
    .addOption(scopeOption())
    .option("--schema <file>", "by this schema, instead of those in the store")
    .addOption(outputOption(["table", "json"]))
    .action((namespace: string, files: string[], options: CheckOptions) =>
      check(client, { namespace, files }, options),
    );
}

interface PutOptions extends Scoped {
  readonly existing: string;
  readonly message?: string;
  readonly if?: string;
}

async function put(
  client: Client,
  { namespace, file }: { readonly namespace: string; readonly file: string },
  { scope, existing, message, if: condition }: PutOptions,
): Promise<void> {
  const what = nameOf(namespace, scope);
  const there = condition ?? (await findEtag(client, namespace, scope)) ?? "absent";
  const { changes } = await client.json(CommitAnswer, "PUT", pathOf(namespace), {
    query: { scope, existing: existing === "check" ? undefined : existing, message },
    headers: { "content-type": "application/schema+json", ...conditionHeaders(there) },
    body: readWhole(file),
    what,
  });
  const words = { created: "is made", unchanged: "is as it was" };
  const result = changes[0]?.result;
  sayDone(`${what} ${result === "created" || result === "unchanged" ? words[result] : "is changed"}`);
}

async function findEtag(client: Client, namespace: string, scope: string): Promise<string | undefined> {
  try {
    const { headers } = await client.request("HEAD", pathOf(namespace), { query: { scope } });
    return headers.get("etag") ?? undefined;
  } catch (error) {
    if (error instanceof Failure && error.exit === EXIT.absent) return undefined;
    throw error;
  }
}

async function list(client: Client, namespace: string | undefined, output: Output["output"]): Promise<void> {
  const all: SchemaEntry[] = [];
  for await (const page of followPages(client, SchemasPage, "/v1/admin/schemas", {
    ns: namespace,
    limit: 1000,
  }))
    all.push(...page.schemas);
  if (output === "json") return printJson(all);
  printTable(
    ["NAMESPACE", "SCOPE", "SIZE", "REVISION", "MODIFIED"],
    all.map((one) => [one.namespace, one.scope, formatBytes(one.size), String(one.revision), one.modified]),
  );
}

interface CheckOptions extends Scoped, Output {
  readonly schema?: string;
}

async function check(
  client: () => Client,
  { namespace, files }: { readonly namespace: string; readonly files: readonly string[] },
  { scope, schema, output }: CheckOptions,
): Promise<void> {
  // Said even where no document is there to fail it.
  if (schema !== undefined) fileSchema(schema);
  const asked = { namespace, scope, schema };
  const found =
    files.length > 0 ? await checkFiles(client, files, asked) : await checkStored(client(), asked);
  if (output === "json") printJson(found);
  else printFailing(found);
  const { checked, failing } = found;
  if (failing.length > 0)
    throw new Failure(EXIT.refused, `${failing.length} of ${countWords(checked, "document")} do not fit`, {
      code: "schema_violation",
    });
  if (output !== "table") return;
  const fit = `${countWords(checked, "document")} ${checked === 1 ? "fits" : "fit"}`;
  sayDone(checked > 0 ? fit : "there is no document that a schema judges");
}

/** A line for each, as compilers have it: where, and why. */
function printFailing({ failing }: Checked): void {
  const rows = failing.flatMap(({ name, violations }) =>
    violations.map(({ path, detail }) => [path === "" ? name : `${name}#${path}`, detail]),
  );
  if (rows.length > 0) printTable(["", ""], rows);
}

function pathOf(namespace: string): string {
  return pathTo`/v1/admin/schemas/${namespace}`;
}

function nameOf(namespace: string, scope: string): string {
  return `schema of ${scope === "" ? namespace : `${namespace}/${scope}`}`;
}
