/** Public keys that a person trusts to sign manifests: `NAME:BASE64`, the 32 bytes of an Ed25519 key. */
import { webcrypto } from "node:crypto";
import type { Reading, Verifier } from "../../lib/backup/read-snapshot.ts";
import { EXIT, Failure } from "./failure.ts";

/** The keys of --trust and LEDGE_TRUST (comma-separated); nothing is asked of manifests without any. */
export async function readTrust(given: readonly string[] | undefined): Promise<Reading> {
  const fromEnvironment = (process.env.LEDGE_TRUST ?? "").split(",").map((one) => one.trim());
  const texts = [...(given ?? []), ...fromEnvironment].filter((one) => one !== "");
  if (texts.length === 0) return {};
  const keys = new Map<string, webcrypto.CryptoKey>();
  for (const text of texts) {
    const [, name = "", base64 = ""] = /^([a-z0-9-]{1,64}):([A-Za-z0-9+/]{43}=)$/.exec(text) ?? [];
    if (name === "") throw new Failure(EXIT.usage, "--trust takes NAME:KEY, an Ed25519 public key in base64");
    keys.set(name, await importKey(base64));
  }
  return { trust: verifierOf(keys) };
}

function importKey(base64: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey("raw", Buffer.from(base64, "base64"), { name: "Ed25519" }, false, [
    "verify",
  ]);
}

function verifierOf(keys: ReadonlyMap<string, webcrypto.CryptoKey>): Verifier {
  return {
    keyIds: [...keys.keys()],
    async verify(keyId, signature, bytes) {
      const key = keys.get(keyId);
      if (key === undefined) return false;
      return webcrypto.subtle.verify("Ed25519", key, Buffer.from(signature, "base64"), bytes);
    },
  };
}
