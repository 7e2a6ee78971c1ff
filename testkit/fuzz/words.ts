/** Texts that mean something to the interface somewhere, and texts that have broken servers. */
import type { Random } from "../random.ts";

const KNOWN = [
  "shop",
  "there",
  "strict",
  "_system",
  "_auth",
  "none",
  "limits/",
  "limits/api",
  "mode",
  "open",
  "read_only",
] as const;
const NUMBERS = [
  "0",
  "1",
  "2",
  "4",
  "999",
  "-1",
  "01",
  "1e3",
  "9007199254740991",
  "9007199254740992",
  "99999999999999999999",
] as const;
const MOMENTS = [
  "2026-01-01T00:00:00Z",
  "2999-12-31T23:59:59.999Z",
  "2026-02-30T00:00:00Z",
  "2026-01-01",
  "1h",
  "P1D",
] as const;
const CHOICES = [
  "true",
  "false",
  "none",
  "text",
  "json",
  "bytes",
  "keep",
  "revoke",
  "this",
  "put",
  "delete",
  "check",
  "any",
  "erase",
] as const;
const FORMS = [
  "a".repeat(12),
  "a".repeat(64),
  "0".repeat(32),
  "application/json",
  "text/plain",
  "*",
  '"3-00000000"',
  'W/"1-00000000"',
] as const;
const NASTY = [
  "",
  " ",
  "\0",
  "\n",
  "é",
  "\u{1f600}",
  "\ufeff",
  "..",
  "__proto__",
  "constructor",
  "'; --",
  "%",
  "x".repeat(300),
] as const;
const KINDS = [KNOWN, KNOWN, NUMBERS, MOMENTS, CHOICES, FORMS, NASTY] as const;

export function anyWord(random: Random): string {
  return random.pick(random.pick(KINDS));
}

/** A text in a query or path: encoded well, too much, too little, or wrongly. */
export function encodedWord(random: Random): string {
  const word = random.below(12) === 0 ? "k".repeat(random.pick([1000, 1100, 8000, 9000])) : anyWord(random);
  const well = encodeURIComponent(word);
  switch (random.below(10)) {
    case 0:
      return [...Buffer.from(word)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
    case 1:
      return `${well}${random.pick(["%", "%2", "%zz", "%ff", "%c0%af", "%ed%a0%80", "%00", "%2F", "%2e%2e", "+", "=", ";"])}`;
    case 2:
      return encodeURIComponent(well);
    default:
      return well;
  }
}

/** One time in `many`. */
export function sometimes(random: Random, many: number): boolean {
  return random.below(many) === 0;
}
