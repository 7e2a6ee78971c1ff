import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { closeText, halfCharacterIn, openText } from "../../../../packages/console/editor/document-text.ts";

const LONE_SURROGATE = /\p{Cs}/u;
const JSON_TYPE = "application/json";
const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

/** Opened, changed, and closed again, as text. */
function edited(stored: string, mediaType: string, change: (text: string) => string): string {
  const original = encode(stored);
  const opened = openText(original, mediaType);
  if (opened === undefined) throw new Error("it is no text");
  return decode(closeText({ ...opened, text: change(opened.text) }, { mediaType, original }));
}

describe("openText and closeText", () => {
  test("give every text back as it was, where nothing is edited", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.json(),
          fc.json().map((json) => `${json}\n`),
          fc.constantFrom("\ufeffa\r\nb", "a\rb\n", "\r\n", "", '\ufeff{"a":1}\n', '{"a": 1}\r\n'),
        ),
        fc.constantFrom(JSON_TYPE, "text/plain", "application/yaml"),
        (text, type) => {
          fc.pre(!LONE_SURROGATE.test(text));
          expect(edited(text, type, (same) => same)).toBe(text);
        },
      ),
      { numRuns: 50 },
    );
  });

  const kept = [
    { name: "lines that end in CR LF", stored: "a=1\r\nb=2\r\n", type: "text/plain", now: "a=9\r\nb=2\r\n" },
    { name: "line ends of both kinds", stored: "a=1\r\nb=2\n", type: "text/plain", now: "a=9\r\nb=2\n" },
    { name: "a byte order mark", stored: "\ufeffa=1", type: "text/plain", now: "\ufeffa=9" },
    {
      name: "JSON on one line, with long numbers",
      stored: '{"a=1":1e400}',
      type: JSON_TYPE,
      now: '{"a=9":1e400}',
    },
    {
      name: "JSON on one line that ends",
      stored: '{"a=1":1,"b":[]}\n',
      type: JSON_TYPE,
      now: '{"a=9":1,"b":[]}\n',
    },
    {
      name: "JSON on one line that ends in CR LF",
      stored: '{"a=1":1}\r\n',
      type: JSON_TYPE,
      now: '{"a=9":1}\r\n',
    },
    { name: "JSON on several lines", stored: '{\n "a=1": 1}', type: JSON_TYPE, now: '{\n "a=9": 1}' },
  ];
  for (const { name, stored, type, now } of kept)
    test(`keep ${name}`, () => {
      expect(edited(stored, type, (text) => text.replace("a=1", "a=9"))).toBe(now);
    });

  test("keep white space inside of texts, on one line", () => {
    expect(edited('{"a":"x  \\" : y","b":1}', JSON_TYPE, (text) => text.replace("1", "2"))).toBe(
      '{"a":"x  \\" : y","b":2}',
    );
  });

  test("lay JSON on one line out, whether that line ends or not", () => {
    for (const stored of ['{"a":1}', '{"a":1}\n', '{"a":1}\r\n'])
      expect(openText(encode(stored), JSON_TYPE)?.text.trimEnd()).toBe('{\n  "a": 1\n}');
  });

  test("know bytes that are no text", () => {
    expect(openText(Uint8Array.of(0xff, 0), "text/plain")).toBeUndefined();
  });
});

describe("halfCharacterIn", () => {
  test("finds what no bytes can say, and whole characters never", () => {
    expect(halfCharacterIn("a\ud83d\ude00b\ud800c")).toBe(4);
    expect(halfCharacterIn("a\ud83d\ude00b")).toBeUndefined();
  });
});
