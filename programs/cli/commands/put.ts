/** `ledge put` and `ledge rm`: change one document. */
import { readFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import type { Command } from "commander";
import { CommitAnswer } from "../../../lib/api/document-answers.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { printJson, sayDone } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { type DocumentName, parseTarget } from "../target.ts";

interface Options {
  readonly file?: string;
  readonly type?: string;
  readonly if?: string;
  readonly message?: string;
  readonly output: "text" | "json";
}

const IF = "the ETag that it replaces, `any` for whatever is there, `absent` to create only";

export function addPut(program: Command, client: () => Client): void {
  program
    .command("put")
    .description("write a document; the value comes from the argument, --file or standard input")
    .argument("<namespace/key>", "the document", parseTarget)
    .argument("[value]", "its value; `-` reads standard input")
    .option("-f, --file <path>", "read the value from a file")
    .option(
      "-t, --type <media-type>",
      "its media type (default: application/json if it is JSON, else text/plain)",
    )
    .option("--if <etag>", IF)
    .option("-m, --message <text>", "why, kept with the commit")
    .addOption(outputOption(["text", "json"]))
    .action(async (target: DocumentName, value: string | undefined, options: Options) => {
      const bytes = await readValue(value, options.file);
      const made = await client().json(CommitAnswer, "PUT", `/v1/write/${target.namespace}`, {
        query: { key: target.key, message: options.message },
        headers: { ...conditionOf(options.if), "content-type": options.type ?? guessType(bytes) },
        body: bytes,
      });
      report(made, target, options);
    });
}

export function addRm(program: Command, client: () => Client): void {
  program
    .command("rm")
    .description("delete a document")
    .argument("<namespace/key>", "the document", parseTarget)
    .option("--if <etag>", "the ETag that it deletes, or `any` for whatever is there")
    .option("-m, --message <text>", "why, kept with the commit")
    .addOption(outputOption(["text", "json"]))
    .action(async (target: DocumentName, options: Options) => {
      const made = await client().json(CommitAnswer, "DELETE", `/v1/write/${target.namespace}`, {
        query: { key: target.key, message: options.message },
        headers: conditionOf(options.if),
      });
      report(made, target, options);
    });
}

function report(made: CommitAnswer, target: DocumentName, options: Options): void {
  if (options.output === "json") {
    printJson(made);
    return;
  }
  const [change] = made.changes;
  sayDone(`${target.namespace}/${target.key} ${change?.result ?? "done"}, revision ${made.revision}`);
}

function conditionOf(text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  if (text === "any") return { "if-match": "*" };
  if (text === "absent") return { "if-none-match": "*" };
  return { "if-match": text.startsWith('"') || text.startsWith("W/") ? text : `"${text}"` };
}

async function readValue(value: string | undefined, file: string | undefined): Promise<Uint8Array> {
  if (value !== undefined && value !== "-" && file !== undefined) {
    throw new Failure(EXIT.usage, "a value and --file exclude each other");
  }
  if (value !== undefined && value !== "-") return new TextEncoder().encode(value);
  if (file === undefined && value === undefined && process.stdin.isTTY) {
    throw new Failure(EXIT.usage, "there is no value", {
      hint: "give it as an argument, with --file, or on standard input",
    });
  }
  try {
    // As a stream: what is written into a pipe later is waited for.
    return file === undefined ? await buffer(process.stdin) : readFileSync(file);
  } catch (cause) {
    throw new Failure(EXIT.usage, `the value cannot be read from ${file ?? "standard input"}`, { cause });
  }
}

/** The media type for bytes that nobody named: JSON where they parse, text where they are UTF-8. */
export function guessType(bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not UTF-8, so not text.
    return "application/octet-stream";
  }
  try {
    JSON.parse(text);
    return "application/json";
  } catch {
    // Text that is not JSON is text.
    return "text/plain";
  }
}
