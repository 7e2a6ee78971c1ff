import { describe, expect, test } from "vitest";
import { OTHER_CHARS_MAX, parseDocument } from "../../lib/json-schema/parsed.ts";

const yaml = (text: string) => parseDocument("application/yaml", text);
const toml = (text: string) => parseDocument("application/toml", text);
const value = (of: unknown) => ({ kind: "value", value: of });

describe("YAML", () => {
  test.each([
    ["a: 1\nb: [x, ~, 1.5, yes, 0o17]\n", { a: 1, b: ["x", null, 1.5, "yes", 15] }],
    ["base: &b {x: 1}\nuse: *b\n<<: *b\n", { base: { x: 1 }, use: { x: 1 }, "<<": { x: 1 } }],
    ["2024-01-01: 2024-01-01\n? 1\n: 2\n", { "2024-01-01": "2024-01-01", "1": 2 }],
    ["---\ntext: |\n  two\n  lines\n...\n", { text: "two\nlines\n" }],
    ["", null],
    ["__proto__: {a: 1}\n", JSON.parse('{"__proto__":{"a":1}}')],
  ])("is read as version 1.2 has it: %j", (text, expected) => {
    expect(yaml(text)).toEqual(value(expected));
  });

  test.each([
    { name: "an open bracket", text: "a: [1" },
    { name: "two documents", text: "a: 1\n---\nb: 2\n" },
    { name: "a name given twice", text: "a: 1\na: 2\n" },
    { name: "a name that is a list", text: "? [a]\n: 1\n" },
    { name: "an alias without an anchor", text: "a: *b\n" },
    { name: "an alias inside its own anchor", text: "a: &a [*a]\n" },
    { name: "a number that is none", text: "a: .nan\n" },
    { name: "another version", text: "%YAML 1.1\n---\na: yes\n" },
    { name: "sixty-five levels", text: `${"[".repeat(65)}${"]".repeat(65)}` },
    { name: "sixty thousand levels", text: "- ".repeat(60_000) },
  ])("is unreadable with $name", ({ text }) => {
    expect(yaml(text).kind).toBe("unreadable");
  });

  test("that nests too deep is so told before it is put together", () => {
    const why = "It cannot be read: Error: It nests deeper than 64.";
    for (const text of ["- ".repeat(60_000), "[".repeat(60_000), "{a: ".repeat(30_000)])
      expect(yaml(text)).toEqual({ kind: "unreadable", why });
  });

  test("ends with its first error", () => {
    const why = "It cannot be read: Error: Unexpected flow-seq-start at node end";
    expect(yaml(`[${"[]".repeat(60_000)}]`)).toEqual({ kind: "unreadable", why });
  });

  test("of sixty-four levels, and of twenty thousand names, is read", () => {
    expect(yaml(`${"[".repeat(63)}1${"]".repeat(63)}`).kind).toBe("value");
    expect(yaml(Array.from({ length: 8000 }, (_, at) => `k${at}: 1`).join("\n")).kind).toBe("value");
  });

  test("is too costly where it is too long, or of too many parts", () => {
    expect(yaml("a".repeat(OTHER_CHARS_MAX + 1))).toEqual({ kind: "too_costly" });
    expect(yaml("a".repeat(OTHER_CHARS_MAX)).kind).toBe("value");
    expect(yaml("a,".repeat(60_000).replace(/^/, "[").concat("]")).kind).toBe("too_costly");
  });
});

describe("TOML", () => {
  test("is unreadable with a number that is none", () => {
    expect(toml("a = nan").kind).toBe("unreadable");
  });

  test.each([
    ["a = 1\n[b]\nc = [1.5, true]\n", { a: 1, b: { c: [1.5, true] } }],
    ["n = 9223372036854775807", { n: 2 ** 63 }],
    ["t = 2024-01-01T10:00:00Z\nd = 2024-01-01\n", { t: "2024-01-01T10:00:00.000Z", d: "2024-01-01" }],
  ])("is read: %j", (text, expected) => {
    expect(toml(text)).toEqual(value(expected));
  });

  test("is unreadable where it is none, and where it nests too deep", () => {
    for (const text of ["a = ", "a = 1\na = 2", `a = ${"[".repeat(60_000)}`, `${"a.".repeat(100)}b = 1`])
      expect(toml(text).kind).toBe("unreadable");
  });
});

test("other types are unreadable, and JSON is read to its depth", () => {
  expect(parseDocument("text/plain", "{}")).toMatchObject({
    kind: "unreadable",
    why: expect.stringContaining("text/plain"),
  });
  expect(parseDocument("application/vnd.shop+json; a=b", '{"a":1}')).toEqual(value({ a: 1 }));
  expect(parseDocument("application/json", `${"[".repeat(65)}${"]".repeat(65)}`).kind).toBe("unreadable");
});
