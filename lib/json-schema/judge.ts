/**
 * Whether a value fits a schema: the library's judgement, counted. Promise: no schema and no value takes longer than its
 * nodes; where they are spent, the answer is that it is too costly, and never that it fits.
 */
import { dereference, type OutputUnit, type Schema, validate } from "@cfworker/json-schema";
import { counting, NODES_MAX } from "./count.ts";

/** Where in the document, as a JSON pointer, and why. */
export interface Violation {
  readonly path: string;
  readonly detail: string;
}

export type Judgement =
  | { readonly kind: "fits" }
  | { readonly kind: "too_costly" }
  | { readonly kind: "fails"; readonly violations: readonly Violation[] };

/** A schema that was accepted (accepted.ts), ready to judge by. */
export interface ReadySchema {
  readonly schema: Schema | boolean;
  /** Each part by the address that references have. */
  readonly known: Record<string, Schema | boolean>;
}

/** Under a schema that is `false`, as for members that nobody named. */
export const NOTHING_ALLOWED = "The schema allows nothing here.";
const VIOLATIONS_MAX = 20;
const DETAIL_CHARS_MAX = 300;

/** `schema` is JSON as it was parsed; references are found, and nothing is asked of it but that it is one. */
export function readySchema(schema: Schema | boolean): ReadySchema {
  return { schema, known: dereference(schema) };
}

export function judgeBy(
  { schema, known }: ReadySchema,
  value: unknown,
  nodes: number = NODES_MAX,
): Judgement {
  return counting(
    nodes,
    (): Judgement => {
      const { valid, errors } = validate(value, schema, "2020-12", known, false);
      return valid ? FITS : { kind: "fails", violations: violationsOf(errors) };
    },
    () => TOO_COSTLY,
  );
}

const FITS: Judgement = { kind: "fits" };
const TOO_COSTLY: Judgement = { kind: "too_costly" };

/** These say only that something below them is wrong, which is told by itself. */
const PASSED_ON = new Set([
  "$ref",
  "properties",
  "patternProperties",
  "additionalProperties",
  "unevaluatedProperties",
  "items",
  "prefixItems",
  "unevaluatedItems",
  "propertyNames",
  "dependentSchemas",
  "allOf",
  "if",
]);

function violationsOf(errors: readonly OutputUnit[]): Violation[] {
  const own = errors.filter(({ keyword }) => !PASSED_ON.has(keyword));
  const told = new Map<string, Violation>();
  for (const error of own.length > 0 ? own : errors) {
    if (told.size >= VIOLATIONS_MAX) break;
    const violation = { path: pathOf(error.instanceLocation), detail: wordsOf(error) };
    told.set(`${violation.path} ${violation.detail}`, violation);
  }
  return [...told.values()];
}

/** The library gives a pointer as the fragment of an address. */
function pathOf(location: string): string {
  const pointer = location.slice(1);
  try {
    return decodeURI(pointer);
  } catch {
    // A name that is not written like an address is shown as it is.
    return pointer;
  }
}

function wordsOf({ keyword, error }: OutputUnit): string {
  return keyword === "false" ? NOTHING_ALLOWED : error.slice(0, DETAIL_CHARS_MAX);
}
