/** The server's bootstrap secret: from a file or the environment, never from the command line. */
import { readFileSync } from "node:fs";
import { EXIT, Failure } from "../failure.ts";

/** Refuses where none is told. */
export function readBootstrapSecret({ secretFile }: { readonly secretFile?: string }): string {
  const secret = secretFile === undefined ? process.env.LEDGE_BOOTSTRAP_SECRET : readSecretFile(secretFile);
  if (secret !== undefined && /^[ -~]+$/.test(secret)) return secret;
  throw new Failure(EXIT.auth, "this needs the server's bootstrap secret", {
    hint: "set LEDGE_BOOTSTRAP_SECRET, or name a file with --secret-file",
  });
}

function readSecretFile(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new Failure(EXIT.usage, `the secret file ${file} cannot be read`, { cause });
  }
}
