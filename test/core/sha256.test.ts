import { createHash, randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { sha256OfText } from "../../lib/core/sha256.ts";
import { FULL } from "../../testkit/crash-sample.ts";

const nodeSha256 = (text: string) => createHash("sha256").update(text, "latin1").digest("hex");

test("every length of some blocks is hashed as Node hashes it", () => {
  for (let length = 0; length <= 300; length += 1) {
    const text = "x".repeat(length);
    expect([length, sha256OfText(text)]).toEqual([length, nodeSha256(text)]);
  }
});

test("random texts are hashed as Node hashes them", () => {
  for (let left = FULL ? 1_000_000 : 50_000; left > 0; left -= 1) {
    const length = randomInt(70);
    let text = "";
    for (let at = 0; at < length; at += 1) text += String.fromCharCode(randomInt(256));
    if (sha256OfText(text) !== nodeSha256(text)) expect([text, sha256OfText(text)]).toEqual([text, ""]);
  }
});
