/** `ledge bootstrap`: the first token of a server that has none, stored as a context. */
import type { Command } from "commander";
import { Failure } from "../failure.ts";
import { sayDone } from "../output.ts";
import { parseServerAddress } from "../server/address.ts";
import { contextsFile } from "../stored-contexts.ts";
import { askRootToken } from "../tokens/ask-root-token.ts";
import { readStandingSecret } from "../tokens/standing-secret.ts";
import { type ContextPlaces, contextName, tellUse } from "./login.ts";

interface Options {
  readonly secretFile?: string;
  readonly name: string;
  readonly fresh?: true;
}

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
  const context = contextName(url, places);
  const { accessor } = await askRootToken({
    url,
    context,
    ca: places.told().ca,
    secret: readStandingSecret("bootstrap", options),
    secretIs: "the bootstrap secret",
    path: "/v1/admin/bootstrap",
    name: options.name,
    more: options.fresh === true ? { fresh: true } : {},
  }).catch((error: unknown) => {
    throw error instanceof Failure ? inWords(error) : error;
  });
  sayDone(`${url} has its first token, ${options.name} (${accessor}); it is kept in ${contextsFile()}`);
  tellUse(context, places);
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
