/**
 * JSON texts of the shapes that the interface describes, with what goes wrong in such texts: members left out, doubled
 * and unknown, other types, depth, numbers that no double holds, lone surrogates, and bytes that are no UTF-8.
 */
import { description } from "../openapi.ts";
import type { Random } from "../random.ts";
import { anyWord, sometimes } from "./words.ts";

interface Shape {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
  readonly allOf?: readonly Shape[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
}

/** A text of a described shape: mostly one that could be meant. */
export function shapedJson(random: Random, name: string): string {
  return written(random, { $ref: `#/components/schemas/${name}` }, 0);
}

function written(random: Random, given: Shape, depth: number): string {
  const shape = resolved(given);
  if (sometimes(random, 40)) return oddJson(random);
  const choices = shape.anyOf ?? shape.oneOf ?? shape.allOf;
  if (shape.const !== undefined) return JSON.stringify(shape.const);
  if (shape.enum !== undefined) return JSON.stringify(shape.enum[random.below(shape.enum.length)]);
  if (choices !== undefined) return written(random, choices[random.below(choices.length)] ?? {}, depth);
  if (shape.properties !== undefined || shape.type === "object") return writtenObject(random, shape, depth);
  if (shape.type === "array") {
    const count = depth > 4 ? 0 : random.pick([0, 1, 1, 1, 2, 3]);
    return `[${Array.from({ length: count }, () => written(random, shape.items ?? {}, depth + 1)).join(",")}]`;
  }
  if (shape.type === "integer" || shape.type === "number") return String(random.pick([0, 1, 2, 4, 60, 1000]));
  if (shape.type === "boolean") return random.pick(["true", "false"]);
  return JSON.stringify(anyWord(random));
}

function resolved(shape: Shape): Shape {
  const name = shape.$ref?.split("/").at(-1);
  return name === undefined ? shape : (description.components.schemas?.[name] ?? {});
}

function writtenObject(random: Random, { properties = {}, required = [] }: Shape, depth: number): string {
  const members: string[] = [];
  for (const [name, shape] of Object.entries(properties)) {
    const kept = required.includes(name) ? !sometimes(random, 30) : sometimes(random, 3);
    if (kept) members.push(`${JSON.stringify(name)}:${written(random, shape, depth + 1)}`);
  }
  const [first] = members;
  if (first !== undefined && sometimes(random, 40)) members.push(first);
  if (sometimes(random, 40)) members.push(`${JSON.stringify(anyWord(random))}:${oddJson(random)}`);
  return `{${members.join(random.pick([",", ",", ", ", "\n,"]))}}`;
}

const ODD = [
  "null",
  "true",
  "0",
  "-0",
  "1.0",
  "1e999",
  "-1e-999",
  "123456789012345678901234567890",
  "9007199254740993",
  "01",
  "1.",
  "NaN",
  "Infinity",
  "'x'",
  "undefined",
  "{}",
  "[]",
  "[[]]",
  '""',
  '"\\ud800"',
  '"\\u0000"',
  '"\\udc00\\ud800"',
  '{"__proto__":{"a":1}}',
  '{"a":1,"a":2}',
  '{"":0}',
  "[1,]",
  "/**/1",
  '"\t"',
  '"\\x"',
  '{"toString":1,"constructor":1}',
] as const;

function oddJson(random: Random): string {
  if (!sometimes(random, 8)) return random.pick(ODD);
  const depth = random.pick([5, 63, 64, 65, 2000, 100_000]);
  const [open, close] = random.pick([
    ["[", "]"],
    ['{"a":', "}"],
  ] as const);
  return `${open.repeat(depth)}1${sometimes(random, 5) ? "" : close.repeat(depth)}`;
}

/** The bytes of a body as they may come: whole, cut off, with a byte that does not belong. */
export function bodyBytes(random: Random, text: string): Buffer {
  const bytes = Buffer.from(text);
  const at = random.below(bytes.length + 1);
  switch (random.below(24)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from([random.pick([0xff, 0xc0, 0x80, 0, 0x1f])]),
        bytes.subarray(at),
      ]);
    case 2:
      return Buffer.concat([Buffer.from("\ufeff"), bytes]);
    case 3:
      return Buffer.concat([bytes, Buffer.from(random.pick([" ", "\0", "{}", "}", "\r\n"]))]);
    case 4: {
      const flipped = Buffer.from(bytes);
      if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
      return flipped;
    }
    case 5:
      return Buffer.from(random.bytes(random.below(300)));
    default:
      return bytes;
  }
}
