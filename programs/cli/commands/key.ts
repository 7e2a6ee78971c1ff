/** `ledge key`: fresh keys for backups, made here and kept nowhere; the output is the only copy. */
import { type Command, Option } from "commander";
import { formatHex } from "../../../lib/core/hex.ts";
import { EXIT, Failure } from "../failure.ts";
import { printJson, say } from "../output.ts";
import { outputOption } from "../output-option.ts";
import { randomBytes } from "../random.ts";

interface NewOptions {
  readonly sign?: true;
  readonly encrypt?: true;
  readonly id?: string;
  readonly output: string;
}

const HELP = `
A signing key is a pair: the server signs manifests with the secret one (variable backup_signing_key), and whoever
restores trusts the public one (LEDGE_TRUST). An encryption key is one secret for both sides (variable
backup_encryption_keys). To rotate, put the new key in front: NEW,OLD. Whoever loses an encryption key loses the
backups made with it.
`;

export function addKey(program: Command): void {
  const key = program.command("key").description("make keys that backups are signed and encrypted with");
  key
    .command("new")
    .description("make a key and print it; it is shown this once")
    .addOption(new Option("--sign", "a pair of keys to sign and verify manifests with").conflicts("encrypt"))
    .option("--encrypt", "a key to encrypt objects with")
    .addOption(new Option("--id <id>", "the name of an encryption key: 1 to 16 of a-z0-9-").conflicts("sign"))
    .addOption(outputOption(["text", "json"]))
    .addHelpText("after", HELP)
    .action(async (options: NewOptions) => {
      if (options.sign) await newPair(options.output);
      else if (options.encrypt) await newObjectKey(options);
      else throw new Failure(EXIT.usage, "say what the key is for", { hint: "--sign or --encrypt" });
    });
}

async function newPair(output: string): Promise<void> {
  // The curve is loaded by this command alone.
  const { newSigningKey } = await import("../../../lib/snapshot/signature.ts");
  const made = await newSigningKey(randomBytes);
  if (output === "json") return printJson({ kind: "sign", ...made });
  say(`key ${made.keyId}; keep it now, it is not shown again. The server's variable backup_signing_key:`);
  process.stdout.write(`${made.secret}\n`);
  say("LEDGE_TRUST of whoever restores or checks, which is no secret:");
  process.stdout.write(`${made.public}\n`);
}

async function newObjectKey({ id, output }: NewOptions): Promise<void> {
  const { parseObjectKeys } = await import("../../../lib/snapshot/key-text.ts");
  const keyId = id ?? `k${formatHex(randomBytes(4))}`;
  const key = `${keyId}:${formatHex(randomBytes(32))}`;
  if (!parseObjectKeys(key).ok) throw new Failure(EXIT.usage, "--id has 1 to 16 of a-z, 0-9 and -");
  if (output === "json") return printJson({ kind: "encrypt", keyId, key });
  say(
    `key ${keyId}; keep it now, it is not shown again. The variable backup_encryption_keys, before older keys:`,
  );
  process.stdout.write(`${key}\n`);
}
