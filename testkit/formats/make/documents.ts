/** Values and keys of every kind that the interface takes, in the order in which they are written. */

export interface MadeValue {
  readonly name: string;
  readonly type: string;
  readonly value: string | Uint8Array;
}

const JSON_TYPE = "application/json";
const BINARY = "application/octet-stream";

/** Text of so many lines that no two are alike. */
export function longText(lines: number): string {
  return Array.from({ length: lines }, (_, n) => `line ${n}: ${(n * 2654435761) % 4294967296}\n`).join("");
}

export const CURRENCIES = {
  EUR: 1,
  USD: 1.0825,
  names: ["€", "$"],
  none: null,
  nested: { deep: [[[true]]] },
};

export const VALUES: readonly MadeValue[] = [
  { name: "numbers", type: JSON_TYPE, value: '{"b":1.0,"a":1e400,"big":12345678901234567890,"c":-0}' },
  { name: "null", type: JSON_TYPE, value: "null" },
  { name: "string", type: JSON_TYPE, value: '"\\u00e9é\\ud83d\\ude00 </script>"' },
  { name: "spaces", type: JSON_TYPE, value: " [ 1,\t2,\r\n 3 ] \n" },
  { name: "problem", type: "application/vnd.ledge.test+json", value: '{"type":"about:blank"}' },
  { name: "text", type: "text/plain", value: "two lines\r\nwith ünïcödé, 𐀀 and \u0000 a zero" },
  { name: "charset", type: "text/plain; charset=utf-8", value: "\ufeffa byte order mark" },
  { name: "empty", type: "text/plain", value: "" },
  { name: "empty-binary", type: BINARY, value: new Uint8Array(0) },
  { name: "binary", type: BINARY, value: Uint8Array.from({ length: 256 }, (_, n) => 255 - n) },
  { name: "not-utf8-text", type: "text/plain", value: Uint8Array.of(0x63, 0x61, 0x66, 0xe9) },
  { name: "image", type: "image/png", value: Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0) },
  { name: "yaml", type: "application/yaml", value: "a: &x [1, 2]\nb: *x\n" },
  { name: "long", type: "text/plain", value: longText(220) },
  { name: "long-binary", type: BINARY, value: Uint8Array.from({ length: 5000 }, (_, n) => (n * n) % 251) },
  { name: "doomed", type: "text/plain", value: "deleted by a commit" },
];

/** Where the orders of UTF-8, UTF-16 and code points part, up to the last character there is. */
export const EDGES = ["\ud7ff", "\ue000", "\ufffd", "\u{10000}", "\u{10fffc}", "\u{10fffd}"];

export const KEYS: readonly string[] = [
  "plain",
  "with space",
  " leading and trailing ",
  "a+b",
  "100%",
  "100%25",
  "a,b;c=d&e?f#g",
  "quote\"s' and `ticks`",
  "back\\slash",
  "a//b",
  "/leading",
  "trailing/",
  ".",
  "..",
  "a/../b",
  ...EDGES,
  "prefix",
  "prefix/",
  "prefix/\u{10fffd}",
  "prefix/a",
  "prefix0",
  "é",
  "e\u0301",
  "É",
  "straße",
  "STRASSE",
  "ключ/键/🗝",
  "\u200f\u202eltr",
  "~tilde",
  "*",
  "[glob]{a,b}",
  "%_like",
  "x".repeat(1024),
  "𐍈".repeat(200),
];
