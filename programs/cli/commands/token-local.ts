/**
 * `ledge token local`: a token that no origin knows, for agents that are told its digest in a file (`--own-tokens`). The secret is
 * shown once and kept nowhere.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import type { Command } from "commander";
import type { Grant } from "../../../lib/core/grant.ts";
import { formatToken, newToken, secretDigest, type TokenDocument } from "../../../lib/core/token.ts";
import { readOwnTokens } from "../../agent/own-tokens.ts";
import { EXIT, Failure } from "../failure.ts";
import { parseComing } from "../moment.ts";
import { sayDone } from "../output.ts";
import { writeSecretFile } from "../secret-file.ts";
import { parseGrant } from "../tokens/grants.ts";

interface Options {
  readonly grant: readonly Grant[];
  readonly file: string;
  readonly expires?: string;
}

export function addTokenLocal(token: Command): void {
  token
    .command("local")
    .description("make a token that an agent accepts by itself, whatever becomes of the origin, and print it")
    .argument("<name>", "who or what will use it")
    .requiredOption(
      "-g, --grant <verbs:namespace[/scope]>",
      "for example read:shop-prod (may be given again)",
      (value: string, before: Grant[] = []) => [...before, parseGrant(value)],
    )
    .requiredOption("--file <file>", "the agent's file of tokens; made where it is not there")
    .option("--expires <when>", "a date (2027-01-01), a moment (2027-01-01T00:00:00Z) or a span (90d)")
    .action((name: string, options: Options) => {
      process.stdout.write(`${makeLocal(name, options)}\n`);
    });
}

function makeLocal(name: string, { grant, file, expires }: Options): string {
  const before = existsSync(file) ? readOwnTokens(file) : [];
  if (before.some(({ document }) => document.name === name))
    throw new Failure(EXIT.refused, `${file} has a token with the name ${name} already`, {
      hint: "choose another name, or take its line out of the file",
    });
  const nowMs = Date.now();
  const made = newToken((length) => randomBytes(length));
  const document: TokenDocument = {
    name,
    digest: secretDigest(made.secret),
    grants: grant,
    expiresMs: expires === undefined ? null : Date.parse(parseComing("--expires", expires, nowMs)),
    createdMs: nowMs,
    creator: "_local",
    revokedMs: null,
  };
  writeSecretFile(
    file,
    `${JSON.stringify([...before, { accessor: made.accessor, document }], null, 2)}
`,
  );
  sayDone(`${name} stands in ${file}; an agent that runs reads it with its next start`);
  return formatToken(made);
}
