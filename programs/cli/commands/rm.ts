/** `ledge rm`: deletes one document. */
import type { Command } from "commander";
import { CommitAnswer } from "../../../lib/api/document-answers.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client } from "../client.ts";
import { deleteHeaders, explainWrite } from "../documents/condition.ts";
import { outputOption } from "../output-option.ts";
import { overrideOption } from "../override-option.ts";
import { type DocumentName, formatTarget, parseTarget } from "../target.ts";
import { reportCommit } from "./put.ts";

interface Options {
  readonly if?: string;
  readonly message?: string;
  readonly override?: string;
  readonly output: "text" | "json";
}

export function addRm(program: Command, client: () => Client): void {
  program
    .command("rm")
    .description("delete a document")
    .argument("<namespace/key>", "the document", parseTarget)
    .option("--if <etag>", "the ETag that it deletes, or `any` for whatever is there")
    .option("-m, --message <text>", "why, kept with the commit")
    .addOption(overrideOption())
    .addOption(outputOption(["text", "json"]))
    .action(async (target: DocumentName, options: Options) => {
      const made = await client()
        .json(CommitAnswer, "DELETE", pathTo`/v1/write/${target.namespace}`, {
          query: { key: target.key, message: options.message, override: options.override },
          headers: deleteHeaders(options.if),
          what: formatTarget(target),
        })
        .catch((error: unknown) => explainWrite(error, { client: client(), target, verb: "delete" }));
      reportCommit(made, target, options.output);
    });
}
