/** A server's bootstrap or recovery secret: from a file or the environment, never from the command line. */
import { readFileSync } from "node:fs";
import { EXIT, Failure } from "../failure.ts";

/** Refuses where none is told. */
export function readStandingSecret(
  which: "bootstrap" | "recovery",
  { secretFile }: { readonly secretFile?: string },
): string {
  const variable = `LEDGE_${which.toUpperCase()}_SECRET`;
  const secret = secretFile === undefined ? process.env[variable] : readSecretFile(secretFile);
  if (secret !== undefined && /^[ -~]+$/.test(secret)) return secret;
  throw new Failure(EXIT.auth, `this needs the server's ${which} secret`, {
    hint: `set ${variable}, or name a file with --secret-file`,
  });
}

function readSecretFile(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw new Failure(EXIT.usage, `the secret file ${file} cannot be read`, { cause });
  }
}
