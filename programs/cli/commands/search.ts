/** `ledge search`: a text in keys and values, wherever the token may read. */
import type { Command } from "commander";
import { type SearchHit, SearchPage } from "../../../lib/api/document-answers.ts";
import type { Client } from "../client.ts";
import { escapeControl, printJson, say } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { followPages } from "../pages.ts";
import { paint } from "../patch.ts";
import { type DocumentName, formatTarget, parsePlace } from "../target.ts";
import { wholeNumber } from "../whole-number.ts";

interface Options {
  readonly number?: string;
  readonly output: "text" | "json";
}

export function addSearch(program: Command, client: () => Client): void {
  program
    .command("search")
    .description(
      "find a text in keys and values, in the current state; the case of ASCII letters does not matter",
    )
    .argument("<text>", "what to look for, 1 to 200 bytes")
    .argument("[namespace/prefix]", "only in a namespace, or below a prefix of its keys", parsePlace)
    .option("-n, --number <n>", "at most so many documents (default: all)")
    .addOption(outputOption(["text", "json"]))
    .action(async (text: string, place: DocumentName | undefined, options: Options) => {
      const max = wholeNumber("-n", options.number, 1) ?? Number.POSITIVE_INFINITY;
      const hits: SearchHit[] = [];
      const query = {
        q: text,
        ns: place?.namespace,
        prefix: place?.key || undefined,
        limit: Math.min(1000, max),
      };
      for await (const page of followPages(client(), SearchPage, "/v1/search", query)) {
        const shown = page.hits.slice(0, max - hits.length);
        hits.push(...shown);
        if (options.output === "text") for (const hit of shown) printHit(hit);
        if (hits.length >= max) break;
      }
      if (options.output === "json") return printJson({ hits });
      if (hits.length === 0) say("found in no key and no value that this token may read");
    });
}

/** As grep does it: where, and the line; only where, when the key alone matches. */
function printHit(hit: SearchHit): void {
  const name = escapeControl(formatTarget(hit));
  const line = hit.line === undefined ? "" : `:${hit.line}: ${firstLine(hit.snippet ?? [])}`;
  process.stdout.write(`${name}${line}\n`);
}

/** Of the snippet the line of its first match, with what matches in colour where there is any. */
function firstLine(parts: NonNullable<SearchHit["snippet"]>): string {
  const first = parts.findIndex(({ match }) => match === true);
  const shown: string[] = [];
  for (const [index, { text, match }] of parts.entries()) {
    const begun = index < first ? (text.split("\n").at(-1) ?? "").trimStart() : text;
    const end = index > first ? begun.indexOf("\n") : -1;
    const kept = escapeControl(end < 0 ? begun : begun.slice(0, end)).replaceAll("\n", " ");
    shown.push(match === true ? paint.bold(kept) : kept);
    if (end >= 0) break;
  }
  return shown.join("");
}
