import {
  createPrivateKey,
  createPublicKey,
  sign as nodeSign,
  verify as nodeVerify,
  randomBytes,
} from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatSigningSecret,
  formatVerifyKey,
  MalformedKey,
  parseSigningSecret,
  parseVerifyKey,
} from "../../lib/snapshot/key-text.ts";
import { newSigningKey, openSigner, openVerifier } from "../../lib/snapshot/signature.ts";

const random = (length: number) => new Uint8Array(randomBytes(length));
const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const base64 = (text: string) => Buffer.from(text, "hex").toString("base64");

/** RFC 8032, section 7.1. */
const VECTORS = [
  {
    name: "an empty message",
    seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    public: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    message: "",
    signature:
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  },
  {
    name: "one byte",
    seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    public: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    message: "72",
    signature:
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  },
  {
    name: "two bytes",
    seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    public: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    message: "af82",
    signature:
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  },
];

describe("openSigner and openVerifier", () => {
  test.each(VECTORS)("give and take RFC 8032's $name", async (vector) => {
    const signer = await openSigner(formatSigningSecret(hex(vector.seed)));
    const verifier = openVerifier([formatVerifyKey(hex(vector.public))]);
    expect(await signer.sign(hex(vector.message))).toBe(base64(vector.signature));
    expect(verifier.keyIds).toEqual([signer.keyId]);
    expect(signer.keyId).toMatch(/^[0-9a-f]{16}$/);
    expect(await verifier.verify(signer.keyId, base64(vector.signature), hex(vector.message))).toBe(true);
  });

  test("agree with OpenSSL both ways", async () => {
    const made = await newSigningKey(random);
    const parsed = parseSigningSecret(made.secret);
    if (!parsed.ok) throw new Error(parsed.detail);
    const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), parsed.value]);
    const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    const signer = await openSigner(made.secret);
    const verifier = openVerifier([made.public]);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async (given) => {
        const message = new Uint8Array(given);
        const signature = await signer.sign(message);
        expect(nodeVerify(null, message, createPublicKey(key), Buffer.from(signature, "base64"))).toBe(true);
        const theirs = nodeSign(null, message, key).toString("base64");
        expect(await verifier.verify(made.keyId, theirs, message)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test("refuse every flipped bit of a signature, another message and another key", async () => {
    const made = await newSigningKey(random);
    const other = await newSigningKey(random);
    const signer = await openSigner(made.secret);
    const verifier = openVerifier([other.public, made.public]);
    const message = random(300);
    const signature = await signer.sign(message);
    expect(await verifier.verify(made.keyId, signature, message)).toBe(true);
    const bytes = Buffer.from(signature, "base64");
    for (let bit = 0; bit < 512; bit += 7) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await verifier.verify(made.keyId, changed.toString("base64"), message)).toBe(false);
    }
    const longer = new Uint8Array([...message, 0]);
    expect(await verifier.verify(made.keyId, signature, longer)).toBe(false);
    expect(await verifier.verify(other.keyId, signature, message)).toBe(false);
    expect(await verifier.verify("0".repeat(16), signature, message)).toBe(false);
  });

  test("refuse other spellings of a good signature", async () => {
    const made = await newSigningKey(random);
    const signer = await openSigner(made.secret);
    const verifier = openVerifier([made.public]);
    const message = random(10);
    const signature = await signer.sign(message);
    const bytes = Buffer.from(signature, "base64");
    // S + L is the same scalar again: the textbook's second signature of one message.
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const scalar = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString("hex")}`) + order;
    const second = Buffer.from(scalar.toString(16).padStart(64, "0"), "hex").reverse();
    const malleable = Buffer.concat([bytes.subarray(0, 32), second]).toString("base64");
    const spellings = [
      malleable,
      signature.slice(0, -2),
      ` ${signature}`,
      `${signature}\n`,
      bytes.toString("base64url"),
      bytes.subarray(0, 63).toString("base64"),
      Buffer.concat([bytes, Buffer.from([0])]).toString("base64"),
      "",
      "é",
    ];
    for (const spelling of spellings)
      expect(await verifier.verify(made.keyId, spelling, message)).toBe(false);
  });

  test("never say a secret", async () => {
    const { secret } = await newSigningKey(random);
    const body = secret.slice(secret.indexOf(":") + 1);
    for (const text of [body, `${secret}A`, secret.slice(0, -1), secret.replace("sign", "verify"), ""]) {
      const failed = await openSigner(text).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(MalformedKey);
      expect(String(failed)).not.toContain(body.slice(0, 8));
      expect(() => openVerifier([secret])).toThrow(MalformedKey);
      expect(parseVerifyKey(secret)).toMatchObject({ ok: false });
    }
  });

  test("take a key with a newline behind it, as files have them", async () => {
    const made = await newSigningKey(random);
    expect((await openSigner(`${made.secret}\n`)).keyId).toBe(made.keyId);
    expect(openVerifier([`${made.public}\n`]).keyIds).toEqual([made.keyId]);
  });
});
