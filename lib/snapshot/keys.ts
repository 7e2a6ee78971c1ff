/** The keys of backups, from their settings: what signs and encrypts, and how what was written is read. */
import { type Cipher, openCipher } from "./cipher.ts";
import { parseObjectKeys, parseSigningSecret, parseVerifyKey } from "./key-text.ts";
import type { OpenObject, Reading } from "./read.ts";
import { openSigner, openVerifier, type Signer } from "./signature.ts";

export interface BackupKeys {
  readonly signer: (() => Promise<Signer>) | undefined;
  readonly cipher: Cipher | undefined;
  /** How snapshots are read: decrypted, and only those that a trusted key has signed where any is pinned. */
  readonly reading: Reading;
}

export type BackupKeysOutcome =
  | { readonly kind: "set"; readonly keys: BackupKeys }
  | { readonly kind: "invalid"; readonly variables: readonly string[] };

/** Reads the keys; a variable that is empty means that there is none. Never repeats what it could not read. */
export function parseBackupKeys(
  variable: (name: string) => string | undefined,
  randomBytes: (length: number) => Uint8Array,
): BackupKeysOutcome {
  const read = (name: string) => (variable(name) ?? "").trim();
  const signing = read("backup_signing_key");
  const encryption = read("backup_encryption_keys");
  const trusted = read("backup_trusted_keys")
    .split(",")
    .map((text) => text.trim())
    .filter((text) => text !== "");
  const objectKeys = encryption === "" ? undefined : parseObjectKeys(encryption);
  const variables = [
    ...(signing !== "" && !parseSigningSecret(signing).ok ? ["backup_signing_key"] : []),
    ...(objectKeys?.ok === false ? ["backup_encryption_keys"] : []),
    ...(trusted.every((text) => parseVerifyKey(text).ok) ? [] : ["backup_trusted_keys"]),
  ];
  if (variables.length > 0) return { kind: "invalid", variables };
  const cipher = objectKeys?.ok === true ? openCipher(objectKeys.value, randomBytes) : undefined;
  let signer: Promise<Signer> | undefined;
  const keys: BackupKeys = {
    signer:
      signing === ""
        ? undefined
        : () => {
            signer ??= openSigner(signing);
            return signer;
          },
    cipher,
    reading: {
      ...(cipher === undefined ? {} : { open: openerOf(cipher) }),
      ...(trusted.length === 0 ? {} : { trust: openVerifier(trusted) }),
    },
  };
  return { kind: "set", keys };
}

/** Opens what any of the keys has sealed. */
export function openerOf(cipher: Cipher): OpenObject {
  return (name, _keyId, bytes) => {
    const opened = cipher.open(name, bytes);
    return opened.kind === "opened" ? opened.bytes : undefined;
  };
}
