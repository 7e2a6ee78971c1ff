/** `ledge put`: writes one document. */
import type { Command } from "commander";
import { CommitAnswer } from "../../../lib/api/document-answers.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client, ClientRequest } from "../client.ts";
import { conditionHeaders, explainWrite } from "../documents/condition.ts";
import { chooseMediaType } from "../documents/put-type.ts";
import { readValue } from "../documents/value-input.ts";
import { EXIT, Failure } from "../failure.ts";
import { printJson, sayDone } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { overrideOption } from "../override-option.ts";
import { type DocumentName, formatTarget, parseTarget } from "../target.ts";

interface Options {
  readonly file?: string;
  readonly empty?: true;
  readonly type?: string;
  readonly if?: string;
  readonly message?: string;
  readonly plan?: true;
  readonly override?: string;
  readonly output: "text" | "json";
}

const ANY_TRIES = 5;

export function addPut(program: Command, client: () => Client): void {
  program
    .command("put")
    .description("write a document; the value comes from the argument, --file or standard input")
    .argument("<namespace/key>", "the document", parseTarget)
    .argument("[value]", "its value; `-` reads standard input")
    .option("-f, --file <path>", "read the value from a file; `-` is standard input")
    .option("--empty", "take an empty value from standard input, too")
    .option(
      "-t, --type <media-type>",
      "its media type (default: what the file's name says, else what the document has, else what the bytes are)",
    )
    .option(
      "--if <etag>",
      "the ETag that it replaces, `any` for whatever is there or not, `absent` to create only",
    )
    .option("--plan", "ask the server what it would do, and change nothing")
    .option("-m, --message <text>", "why, kept with the commit")
    .addOption(overrideOption())
    .addOption(outputOption(["text", "json"]))
    .action(async (target: DocumentName, value: string | undefined, options: Options) => {
      if (options.type !== undefined && !/^[!-~][ -~]*$/.test(options.type))
        throw new Failure(EXIT.usage, `--type ${options.type} is not a media type`);
      const bytes = await readValue(value, options);
      const type = options.type ?? (await chooseMediaType(client(), target, { ...options, bytes }));
      if (options.plan === true) {
        const { planPut } = await import("../plans/put.ts");
        return planPut(client(), { target, type, bytes }, options);
      }
      const asked: ClientRequest = {
        query: { key: target.key, message: options.message, override: options.override },
        headers: { "content-type": type },
        body: bytes,
        what: formatTarget(target),
      };
      const path = pathTo`/v1/write/${target.namespace}`;
      const send = (condition: string | undefined) =>
        client().json(CommitAnswer, "PUT", path, {
          ...asked,
          headers: { ...asked.headers, ...conditionHeaders(condition) },
        });
      const made = await (options.if === "any" ? putAny(send) : send(options.if)).catch((error: unknown) =>
        explainWrite(nameType(error, type), {
          client: client(),
          target,
          verb: "replace",
          ifAbsent: "leave out --if to create it, or say --if any",
        }),
      );
      reportCommit(made, target, options.output);
    });
}

/** Whatever is there or not: over HTTP the two are two conditions, and which one holds may change in between. */
async function putAny(send: (condition: string) => Promise<CommitAnswer>): Promise<CommitAnswer> {
  for (let nth = 1; ; nth += 1) {
    try {
      return await send(nth % 2 === 1 ? "any" : "absent");
    } catch (error) {
      const other = error instanceof Failure && (error.code === "stale" || error.code === "exists");
      if (!other || nth >= ANY_TRIES) throw error;
    }
  }
}

/** The type may be one that nobody typed: a refusal of bytes that are not of it says which it is. */
function nameType(error: unknown, type: string): unknown {
  if (!(error instanceof Failure) || error.code !== "value_malformed") return error;
  const { exit, code, message } = error;
  return new Failure(exit, message, { code, hint: `it was sent as ${type}; --type names another` });
}

/** Says what a write of one document did. */
export function reportCommit(made: CommitAnswer, target: DocumentName, output: "text" | "json"): void {
  if (output === "json") {
    printJson(made);
    return;
  }
  const [change] = made.changes;
  sayDone(`${formatTarget(target)} ${change?.result ?? "done"}, revision ${made.revision}`);
}
