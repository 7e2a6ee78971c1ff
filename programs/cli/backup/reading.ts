/**
 * How the commands read snapshots: only those that a trusted key has signed, where any is given, and opened with
 * the encryption keys of the server's own variable.
 */
import { randomBytes } from "node:crypto";
import { openCipher } from "../../../lib/snapshot/cipher.ts";
import { parseObjectKeys, parseVerifyKey } from "../../../lib/snapshot/key-text.ts";
import { openerOf } from "../../../lib/snapshot/keys.ts";
import type { Reading } from "../../../lib/snapshot/read.ts";
import { openVerifier } from "../../../lib/snapshot/signature.ts";
import { EXIT, Failure } from "../failure.ts";

const ENCRYPTION = "SPIN_VARIABLE_BACKUP_ENCRYPTION_KEYS";

/** The keys of --trust and LEDGE_TRUST (comma-separated), and the encryption keys of the environment. */
export function readReading(given: readonly string[] | undefined): Reading {
  const fromEnvironment = (process.env.LEDGE_TRUST ?? "").split(",").map((one) => one.trim());
  const trusted = [...(given ?? []), ...fromEnvironment].filter((one) => one !== "");
  for (const text of trusted) {
    const parsed = parseVerifyKey(text);
    if (!parsed.ok)
      throw new Failure(EXIT.usage, `--trust and LEDGE_TRUST: ${parsed.detail}`, {
        hint: "`ledge key new --sign` prints one",
      });
  }
  const encryption = process.env[ENCRYPTION] ?? "";
  const keys = encryption === "" ? undefined : parseObjectKeys(encryption);
  if (keys?.ok === false) throw new Failure(EXIT.usage, `${ENCRYPTION}: ${keys.detail}`);
  return {
    ...(trusted.length === 0 ? {} : { trust: openVerifier(trusted) }),
    ...(keys === undefined ? {} : { open: openerOf(openCipher(keys.value, randomBytes)) }),
  };
}
