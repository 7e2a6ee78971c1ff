/** `ledge ls`: the documents of a namespace, or the namespaces. */
import type { Command } from "commander";
import type { Document } from "../../../lib/api/document-answers.ts";
import type { Client } from "../client.ts";
import { printNamespaces } from "../namespaces/list.ts";
import { formatBytes, printJson } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { listPages } from "../pages.ts";
import { printTable } from "../table.ts";
import { type DocumentName, parsePlace } from "../target.ts";
import { wholeNumber } from "../whole-number.ts";

interface Options {
  readonly output: "table" | "json";
  readonly revision?: string;
  readonly all?: boolean;
}

export function addLs(program: Command, client: () => Client): void {
  program
    .command("ls")
    .description("list namespaces, or what a namespace holds, folder by folder")
    .argument("[namespace/prefix]", "a namespace, with a folder or a prefix of keys or without", parsePlace)
    .option("-a, --all", "every document below, not folder by folder")
    .addOption(outputOption(["table", "json"]))
    .option("--revision <n>", "as it was at a past revision")
    .action(async (place: DocumentName | undefined, options: Options) => {
      if (place === undefined) return printNamespaces(client(), options.output);
      const { documents, prefixes } = await list(client(), place, options);
      if (options.output === "json") return printJson({ documents, prefixes });
      printTable(
        ["KEY", "REVISION", "SIZE", "TYPE", "MODIFIED"],
        [
          ...prefixes.map((prefix) => [prefix, "", "", "", ""]),
          ...documents.map((one) => [
            one.key,
            String(one.revision),
            formatBytes(one.size),
            one.mediaType,
            one.modified ?? "",
          ]),
        ],
      );
    });
}

interface Listed {
  readonly documents: Document[];
  readonly prefixes: string[];
}

/** What lies inside the folder of that name; where there is none, what begins with the name. */
async function list(client: Client, { namespace, key }: DocumentName, options: Options): Promise<Listed> {
  const under = (prefix: string) => listUnder(client, { namespace, key: prefix }, options);
  if (key === "" || key.endsWith("/")) return under(key);
  const inside = await under(`${key}/`);
  return inside.documents.length + inside.prefixes.length > 0 ? inside : under(key);
}

async function listUnder(
  client: Client,
  { namespace, key: prefix }: DocumentName,
  options: Options,
): Promise<Listed> {
  const listed: Listed = { documents: [], prefixes: [] };
  const pages = listPages(client, namespace, {
    prefix,
    ...(options.all ? {} : { delimiter: "/" }),
    revision: wholeNumber("--revision", options.revision),
  });
  for await (const page of pages) {
    listed.documents.push(...page.documents);
    listed.prefixes.push(...page.prefixes);
  }
  return listed;
}
