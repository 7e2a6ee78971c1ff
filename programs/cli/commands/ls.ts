/** `ledge ls`: the documents of a namespace, or the namespaces. */
import type { Command } from "commander";
import type { Document } from "../../../lib/api/document-answers.ts";
import type { Client } from "../client.ts";
import { formatBytes, printJson, printTable } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { listPages } from "../pages.ts";
import { type DocumentName, parsePlace } from "../target.ts";
import { printNamespaces } from "./ns.ts";

interface Options {
  readonly output: "table" | "json";
  readonly revision?: string;
  readonly all?: boolean;
}

export function addLs(program: Command, client: () => Client): void {
  program
    .command("ls")
    .description("list namespaces, or what a namespace holds, folder by folder")
    .argument("[namespace/prefix]", "a namespace, with a prefix of keys or without", parsePlace)
    .option("-a, --all", "every document below, not folder by folder")
    .addOption(outputOption(["table", "json"]))
    .option("--revision <n>", "as it was at a past revision")
    .action(async (place: DocumentName | undefined, options: Options) => {
      if (place === undefined) return printNamespaces(client(), options.output);
      const documents: Document[] = [];
      const prefixes: string[] = [];
      const pages = listPages(client(), place.namespace, {
        prefix: place.key,
        ...(options.all ? {} : { delimiter: "/" }),
        revision: options.revision === undefined ? undefined : Number(options.revision),
      });
      for await (const page of pages) {
        documents.push(...page.documents);
        prefixes.push(...page.prefixes);
      }
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
