/** `ledge ns`: namespaces. */
import { type Command, Option } from "commander";
import { Namespace } from "../../../lib/api/admin-answers.ts";
import type { NamespaceBody } from "../../../lib/api/admin-bodies.ts";
import { CommitAnswer } from "../../../lib/api/document-answers.ts";
import { REVIEWS } from "../../../lib/core/settings.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client } from "../client.ts";
import { conditionHeaders } from "../documents/condition.ts";
import { EXIT, Failure } from "../failure.ts";
import {
  changeSettings,
  flagOfSetting,
  type NamespaceFlags,
  namedSettings,
  SETTING_NAMES,
} from "../namespace-settings.ts";
import { printNamespaces } from "../namespaces/list.ts";
import { printNamespace } from "../namespaces/show.ts";
import { printJson, sayDone } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { repeated } from "../repeated.ts";

interface PutOptions extends NamespaceFlags {
  readonly unset?: readonly string[];
  readonly if?: string;
}

const TRIES = 5;

export function addNs(program: Command, client: () => Client): void {
  const ns = program.command("ns").description("namespaces: list, show, make, change and remove them");
  ns.command("ls")
    .description("list namespaces")
    .addOption(outputOption(["table", "json"]))
    .action((options: { output: "table" | "json" }) => printNamespaces(client(), options.output));
  ns.command("get")
    .description("show a namespace: what it holds, and its settings")
    .argument("<name>")
    .addOption(outputOption(["table", "json"]))
    .action(async (name: string, { output }: { output: "table" | "json" }) => {
      const found = await client().json(Namespace, "GET", pathOf(name), { what: `namespace ${name}` });
      if (output === "json") return printJson(found);
      printNamespace(found);
    });
  ns.command("put")
    .description("make a namespace, or change the settings that are named and keep the others")
    .argument("<name>", "by convention <app>-<environment>")
    .option("--description <text>", "what it is for")
    .option("--public", "anybody may read it")
    .option("--blind-writes", "documents may be replaced without naming what they replace")
    .option("--message-required", "every change must say why")
    .addOption(
      new Option(
        "--review <what>",
        "what a second person has to approve: every change, or what is over a budget",
      ).choices(REVIEWS),
    )
    .option("--quota-keys <n>", "at most so many documents")
    .option("--quota-bytes <n>", "at most so many bytes of values")
    .option("--keep-days <n>", "how long its past is kept (default: as the server keeps it)")
    .option(
      "--unset <setting>",
      `take a setting back (may be given again): ${SETTING_NAMES.join(", ")}`,
      repeated,
    )
    .option("--if <etag>", "change it only as it is under this ETag; `absent` to make it only")
    .action(async (name: string, options: PutOptions) => {
      const { changes } = await putNamespace(client(), name, options);
      const words = { created: "is made", unchanged: "is as it was" };
      const result = changes[0]?.result;
      sayDone(
        `namespace ${name} ${result === "created" || result === "unchanged" ? words[result] : "is changed"}`,
      );
    });
  ns.command("rm")
    .description("remove an empty namespace")
    .argument("<name>")
    .action(async (name: string) => {
      await client().request("DELETE", pathOf(name), {
        headers: conditionHeaders("any"),
        what: `namespace ${name}`,
      });
      sayDone(`namespace ${name} is gone`);
    });
}

function pathOf(name: string): string {
  return pathTo`/v1/admin/namespaces/${name}`;
}

/** Over the settings that are there, which the write names: whoever changes them meanwhile is not undone. */
async function putNamespace(client: Client, name: string, options: PutOptions): Promise<CommitAnswer> {
  const wanted = namedSettings(options);
  for (let nth = 1; ; nth += 1) {
    const there = options.if === "absent" ? undefined : await findNamespace(client, name);
    const settings = changeSettings(there === undefined ? {} : there, wanted, options.unset ?? []);
    const seen = there === undefined ? "absent" : there.etag;
    try {
      return await sendNamespace(client, name, { settings, condition: namedBy(options.if) ?? seen });
    } catch (error) {
      const raced = error instanceof Failure && (error.code === "stale" || error.code === "exists");
      if (!raced || namedBy(options.if) !== undefined || nth >= TRIES) throw error;
    }
  }
}

/** What is there is read and named anyway, so `any` adds nothing. */
function namedBy(condition: string | undefined): string | undefined {
  return condition === "any" ? undefined : condition;
}

function sendNamespace(
  client: Client,
  name: string,
  { settings, condition }: { readonly settings: NamespaceBody; readonly condition: string },
): Promise<CommitAnswer> {
  return client.json(CommitAnswer, "PUT", pathOf(name), {
    headers: conditionHeaders(condition),
    body: JSON.stringify(settings),
    what: `namespace ${name}`,
    nameOf: flagOfSetting,
  });
}

export async function findNamespace(client: Client, name: string): Promise<Namespace | undefined> {
  try {
    return await client.json(Namespace, "GET", pathOf(name));
  } catch (error) {
    if (error instanceof Failure && error.exit === EXIT.absent) return undefined;
    throw error;
  }
}
