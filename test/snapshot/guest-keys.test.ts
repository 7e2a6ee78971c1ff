import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { withRotationsInline } from "../../build/plugins.ts";
import { openCipher } from "../../lib/snapshot/cipher.ts";
import { parseObjectKeys } from "../../lib/snapshot/key-text.ts";
import { newSigningKey, openSigner } from "../../lib/snapshot/signature.ts";
import { buildFor, openTestHost, PROBE_MANIFEST, root } from "../../testkit/host.ts";

beforeAll(() => buildFor(PROBE_MANIFEST));

const Answer = z.strictObject({
  keyId: z.string(),
  signature: z.string(),
  valid: z.boolean(),
  sealedSha256: z.string(),
  opened: z.string(),
  ms: z.record(z.string(), z.number()),
});
const random = (length: number) => new Uint8Array(randomBytes(length));

describe("keys inside a guest", () => {
  test("sign, verify, seal and open as they do in Node", async () => {
    const host = await openTestHost();
    const pair = await newSigningKey(random);
    const objectKeys = `k1:${Buffer.from(random(32)).toString("hex")}`;
    const nonce = random(24);
    const bytes = random(400_000);
    const line = JSON.stringify({ secret: pair.secret, trusted: pair.public, objectKeys, nonce: [...nonce] });
    const body = Buffer.concat([Buffer.from(`${line}\n`), bytes]);
    const answer = Answer.parse(await host.json("/scheduled/keys", { method: "POST", body }));
    const keys = parseObjectKeys(objectKeys);
    if (!keys.ok) throw new Error(keys.detail);
    const sealed = openCipher(keys.value, () => nonce).seal("an/object", bytes);
    expect(answer).toMatchObject({
      keyId: pair.keyId,
      signature: await (await openSigner(pair.secret)).sign(bytes.slice(0, 4096)),
      valid: true,
      sealedSha256: createHash("sha256").update(sealed).digest("hex"),
      opened: "opened",
    });
    if (process.env.LEDGE_TEST_FIGURES === "1") console.log(bytes.length, answer.ms);
  });
});

describe("withRotationsInline", () => {
  const source = readFileSync(join(root, "node_modules/@noble/ciphers/chacha.js"), "utf8");

  test("writes out every rotation of the cipher as it is pinned", () => {
    expect(withRotationsInline(source)).not.toMatch(/= rotl\(/);
  });

  test("fails when the package is written in another way", () => {
    expect(() => withRotationsInline(source.replace("= rotl(", "= rotate("))).toThrow("31 times");
  });
});
