/**
 * `ledge bootstrap`: the first token of a server that has none. It is made here and stored before it is asked for,
 * and only its digest travels, so that a lost answer loses nothing: the same command again asks for the same token.
 */
import type { Command } from "commander";
import { Token } from "../../../lib/api/admin-answers.ts";
import { formatToken, newToken, parseToken, secretDigest } from "../../../lib/core/token.ts";
import { openClient } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { sayDone } from "../output.ts";
import { randomBytes } from "../random.ts";
import { parseServerAddress } from "../server/address.ts";
import { contextsFile, forgetContext, readContexts, storeContext } from "../stored-contexts.ts";
import { readBootstrapSecret } from "../tokens/bootstrap-secret.ts";
import { type ContextPlaces, contextName, tellUse } from "./login.ts";

interface Options {
  readonly secretFile?: string;
  readonly name: string;
  readonly fresh?: true;
}

/** Answers after which a token that was just made is of no use. */
const REFUSED = [EXIT.usage, EXIT.absent, EXIT.auth, EXIT.refused] as const;

export function addBootstrap(program: Command, places: ContextPlaces): void {
  program
    .command("bootstrap")
    .description("make the first token of a server that has none, and store it as `ledge login` does")
    .argument("<url>", "the server", parseServerAddress)
    .option("--secret-file <file>", "its bootstrap secret (or LEDGE_BOOTSTRAP_SECRET)")
    .option("--name <name>", "what the token is called", "admin")
    .option("--fresh", "begin a new history although the server's bucket holds backups")
    .action(async (url: string, options: Options) => bootstrap(url, options, places));
}

async function bootstrap(url: string, options: Options, places: ContextPlaces): Promise<void> {
  const name = contextName(url, places);
  const secret = readBootstrapSecret(options);
  const { ca } = places.told();
  const before = readContexts().contexts[name];
  if (before !== undefined && before.url !== url)
    throw new Failure(EXIT.usage, `context ${name} is another server, ${before.url}`, {
      hint: "choose a name with --context NAME",
    });
  const token = parseToken(before?.token ?? "") ?? newToken(randomBytes);
  const stored = { url, token: formatToken(token), ...(ca === undefined ? {} : { ca }) };
  storeContext(name, stored, { use: false });
  const body = {
    name: options.name,
    accessor: token.accessor,
    digest: secretDigest(token.secret),
    ...(options.fresh === true ? { fresh: true } : {}),
  };
  const client = openClient({ url, token: secret, tokenFrom: "the bootstrap secret", ca });
  await client
    .json(Token, "POST", "/v1/admin/bootstrap", { body: JSON.stringify(body), nameOf: flagOf })
    .catch((error: unknown) => {
      if (!(error instanceof Failure)) throw error;
      if (before === undefined && REFUSED.some((exit) => exit === error.exit)) forgetContext(name);
      throw inWords(error);
    });
  storeContext(name, stored, { use: true });
  sayDone(`${url} has its first token, ${options.name} (${token.accessor}); it is kept in ${contextsFile()}`);
  tellUse(name, places);
}

/** What the server says of its bucket, with the commands that go on from there. */
function inWords(error: Failure): Failure {
  const { exit, code } = error;
  if (code === "bucket_foreign")
    return new Failure(exit, "the store is empty, and its bucket holds backups", {
      code,
      hint: "`ledge restore --server` brings them back; --fresh begins a new history",
    });
  if (code === "not_ready")
    return new Failure(exit, "the server has not looked at its bucket yet, or is being restored", {
      code,
      hint: "say the same again in a minute; it asks for the same token",
    });
  return error;
}

function flagOf(pointer: string): string | undefined {
  return { "/name": "--name", "/fresh": "--fresh" }[pointer];
}
