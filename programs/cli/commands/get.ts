/** `ledge get`: one document, as stored. */
import type { Command } from "commander";
import type { Client } from "../client.ts";
import { printBytes, printJson } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { type DocumentName, parseTarget } from "../target.ts";

interface Options {
  readonly output: "raw" | "json";
  readonly revision?: string;
}

export function addGet(program: Command, client: () => Client): void {
  program
    .command("get")
    .description("print a document as it is stored")
    .argument("<namespace/key>", "the document", parseTarget)
    .addOption(outputOption(["raw", "json"], "raw bytes, or the facts and the value as JSON"))
    .option("--revision <n>", "as it was at a past revision")
    .action(async (target: DocumentName, options: Options) => {
      const reply = await client().request("GET", `/v1/read/${target.namespace}`, {
        query: { key: target.key, revision: options.revision },
      });
      if (options.output !== "json") return printBytes(reply.bytes);
      const mediaType = reply.headers.get("content-type") ?? "";
      printJson({
        ...target,
        revision: Number(reply.headers.get("ledge-document-revision")),
        etag: reply.headers.get("etag"),
        mediaType,
        modified: reply.headers.get("ledge-modified"),
        size: reply.bytes.length,
        ...shownValue(reply.bytes, mediaType),
      });
    });
}

/** JSON as a value, other text as text, anything else as base64: never text where there is none. */
function shownValue(bytes: Uint8Array, mediaType: string): Record<string, unknown> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return /^application\/(.+\+)?json/.test(mediaType) ? { value: JSON.parse(text) } : { text };
  } catch {
    // Not text; base64 says all.
    return { base64: Buffer.from(bytes).toString("base64") };
  }
}
