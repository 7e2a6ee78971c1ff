/** `ledge ns`: namespaces. */
import type { Command } from "commander";
import { type Namespace, NamespacesPage } from "../../../lib/api/admin-answers.ts";
import { CommitAnswer } from "../../../lib/api/document-answers.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { formatBytes, printJson, printTable, sayDone } from "../output.ts";
import { outputOption } from "../output-option.ts";

interface Settings {
  readonly description?: string;
  readonly public?: boolean;
  readonly blindWrites?: boolean;
  readonly messageRequired?: boolean;
  readonly quotaKeys?: string;
  readonly quotaBytes?: string;
  readonly if?: string;
}

export async function printNamespaces(client: Client, output: "table" | "json"): Promise<void> {
  const all: Namespace[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.json(NamespacesPage, "GET", "/v1/admin/namespaces", { query: { cursor } });
    all.push(...page.namespaces);
    cursor = page.next;
  } while (cursor !== undefined);
  if (output === "json") return printJson(all);
  printTable(
    ["NAMESPACE", "KEYS", "SIZE", "PUBLIC", "DESCRIPTION"],
    all.map((one) => [
      one.name,
      String(one.keys ?? ""),
      one.bytes === undefined ? "" : formatBytes(one.bytes),
      one.public ? "yes" : "no",
      one.description ?? "",
    ]),
  );
}

export function addNs(program: Command, client: () => Client): void {
  const ns = program.command("ns").description("namespaces: list, make, change and remove them");
  ns.command("ls")
    .description("list namespaces")
    .addOption(outputOption(["table", "json"]))
    .action((options: { output: "table" | "json" }) => printNamespaces(client(), options.output));
  ns.command("put")
    .description("make a namespace, or replace its settings")
    .argument("<name>", "by convention <app>-<environment>")
    .option("--description <text>", "what it is for")
    .option("--public", "anybody may read it")
    .option("--blind-writes", "documents may be replaced without naming what they replace")
    .option("--message-required", "every change must say why")
    .option("--quota-keys <n>", "at most so many documents")
    .option("--quota-bytes <n>", "at most so many bytes of values")
    .option("--if <etag>", "the ETag that it replaces, or `any`")
    .action(async (name: string, options: Settings) => {
      const headers: Record<string, string> =
        options.if === undefined ? {} : { "if-match": options.if === "any" ? "*" : options.if };
      await client().json(CommitAnswer, "PUT", `/v1/admin/namespaces/${encodeURIComponent(name)}`, {
        headers,
        body: JSON.stringify(settingsOf(options)),
      });
      sayDone(`namespace ${name} is there`);
    });
  ns.command("rm")
    .description("remove an empty namespace")
    .argument("<name>")
    .action(async (name: string) => {
      await client().request("DELETE", `/v1/admin/namespaces/${encodeURIComponent(name)}`, {
        headers: { "if-match": "*" },
      });
      sayDone(`namespace ${name} is gone`);
    });
}

function settingsOf(options: Settings): Record<string, unknown> {
  const quota = {
    ...(options.quotaKeys === undefined ? {} : { keys: wholeNumber(options.quotaKeys, "--quota-keys") }),
    ...(options.quotaBytes === undefined ? {} : { bytes: wholeNumber(options.quotaBytes, "--quota-bytes") }),
  };
  return {
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.public ? { public: true } : {}),
    ...(options.blindWrites ? { blindWrites: true } : {}),
    ...(options.messageRequired ? { messageRequired: true } : {}),
    ...(Object.keys(quota).length === 0 ? {} : { quota }),
  };
}

function wholeNumber(text: string, flag: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Failure(EXIT.usage, `${flag} takes a whole number`);
  return Number(text);
}
