import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { base64Bytes, decodeBase64 } from "../../lib/core/base64.ts";

test("base64Bytes writes what every encoder does, whatever is left at the end", () => {
  for (const length of [0, 1, 2, 3, 4, 5, 6, 255, 4096, 10_000]) {
    const bytes = new Uint8Array(randomBytes(length));
    const text = Buffer.from(base64Bytes(bytes)).toString("latin1");
    expect(text, `${length}`).toBe(Buffer.from(bytes).toString("base64"));
    expect(decodeBase64(text)).toEqual(bytes);
  }
});
