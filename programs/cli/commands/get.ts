/** `ledge get`: one document, as stored. */
import type { Command } from "commander";
import { isJsonType } from "../../../lib/core/media-type.ts";
import { decodeUtf8 } from "../../../lib/core/utf8.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client } from "../client.ts";
import { isJson } from "../documents/is-json.ts";
import { printBytes, printJson, printJsonWith } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { type DocumentName, formatTarget, parseTarget } from "../target.ts";

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
      const reply = await client().request("GET", pathTo`/v1/read/${target.namespace}`, {
        query: { key: target.key, revision: options.revision },
        what: formatTarget(target),
      });
      if (options.output !== "json") return printBytes(reply.bytes);
      const mediaType = reply.headers.get("content-type") ?? "";
      const facts = {
        ...target,
        revision: Number(reply.headers.get("ledge-document-revision")),
        etag: reply.headers.get("etag"),
        mediaType,
        modified: reply.headers.get("ledge-modified"),
        size: reply.bytes.length,
      };
      const text = decodeUtf8(reply.bytes);
      if (text === undefined)
        return printJson({ ...facts, base64: Buffer.from(reply.bytes).toString("base64") });
      if (isJsonType(mediaType) && isJson(text)) return printJsonWith(facts, "value", text);
      printJson({ ...facts, text });
    });
}
