import { beforeAll, describe, expect, test } from "vitest";
import { buildPrograms } from "../../build/programs.ts";
import { parseObjectKeys } from "../../lib/snapshot/key-text.ts";
import { openSigner, openVerifier } from "../../lib/snapshot/signature.ts";
import { ledge, root } from "../../testkit/processes.ts";

beforeAll(() => buildPrograms(root));

describe("ledge key new", () => {
  test("prints a pair that signs and verifies, each behind a line on where it goes", async () => {
    const { status, stdout, stderr } = await ledge(["key", "new", "--sign"]);
    const [secret = "", trusted = ""] = stdout.split("\n");
    const signer = await openSigner(secret);
    const message = Uint8Array.of(1, 2, 3);
    const verifier = openVerifier([trusted]);
    expect(await verifier.verify(signer.keyId, await signer.sign(message), message)).toBe(true);
    expect(status).toBe(0);
    expect(stderr).toContain("backup_signing_key");
    expect(stderr).toContain("LEDGE_TRUST");
    expect(stderr).not.toContain(secret);
  });

  test("prints an encryption key of a given or a random id", async () => {
    const named = await ledge(["key", "new", "--encrypt", "--id", "2026-11"]);
    expect(named.stderr).toContain("backup_encryption_keys");
    expect(parseObjectKeys(named.stdout)).toMatchObject({ ok: true, value: [{ id: "2026-11" }] });
    const other = await ledge(["key", "new", "--encrypt"]);
    expect(parseObjectKeys(other.stdout)).toMatchObject({ ok: true });
    expect(other.stdout).not.toBe(named.stdout);
  });

  test("prints JSON alone with -o json", async () => {
    const pair = await ledge(["key", "new", "--sign", "-o", "json"]);
    expect(JSON.parse(pair.stdout)).toEqual({
      kind: "sign",
      secret: expect.stringMatching(/^ledge-sign-1:[\w-]{43}$/),
      public: expect.stringMatching(/^ledge-verify-1:[\w-]{43}$/),
      keyId: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    const key = await ledge(["key", "new", "--encrypt", "-o", "json"]);
    expect(JSON.parse(key.stdout)).toEqual({
      kind: "encrypt",
      keyId: expect.stringMatching(/^k[0-9a-f]{8}$/),
      key: expect.stringMatching(/^k[0-9a-f]{8}:[0-9a-f]{64}$/),
    });
    expect([pair.stderr, key.stderr]).toEqual(["", ""]);
  });

  test.each([
    { name: "neither purpose", args: [] },
    { name: "both purposes", args: ["--sign", "--encrypt"] },
    { name: "an id for a pair", args: ["--sign", "--id", "a"] },
    { name: "an id out of form", args: ["--encrypt", "--id", "A b"] },
  ])("refuses $name", async ({ args }) => {
    expect(await ledge(["key", "new", ...args])).toMatchObject({ status: 2, stdout: "" });
  });
});
