/**
 * What the validating library calls instead of its own lines (build/json-schema.ts puts the calls there): where it visits
 * a node, compares, matches, and collects errors. Promise: whatever it does for a node is paid for, so that its work is
 * bounded by the count; nothing of it changes what is valid.
 */
import { deeper, spend } from "./count.ts";
import { expressionOf } from "./expression.ts";

/** Errors that one part hands on to the next. The library would copy all of them once for each level. */
const ERRORS_MAX = 50;
/** A longer text is of no format: some of the library's expressions for them look back. */
const FORMAT_CHARS_MAX = 4096;
const SHOWN_CHARS_MAX = 200;
/** Things that are only passed by, such as names of members, cost that much less than nodes. */
const PASSED_A_NODE = 16;
const DIGITS_A_NODE = 16;
const NAME_CHARS_A_NODE = 128;

interface Visit {
  readonly instance: unknown;
  readonly schema: unknown;
  /** Of both locations, which the library writes out for each node. */
  readonly pathChars: number;
}

export function visited<T>({ instance, schema, pathChars }: Visit, work: () => T): T {
  spend(1 + Math.floor((extentOf(instance) + widthOf(schema) + pathChars / 64) / PASSED_A_NODE));
  return deeper(work);
}

const extents = new WeakMap<object, number>();

/** What the library passes by with each visit: members, items, and the characters of a text, which are quicker. */
function extentOf(instance: unknown): number {
  if (typeof instance === "string") return instance.length / PASSED_A_NODE;
  return typeof instance === "object" && instance !== null ? remembered(instance, extents, sizeOf) : 0;
}

const widths = new WeakMap<object, number>();

/** The same of a schema: lists and names that are gone through with each visit. */
function widthOf(schema: unknown): number {
  if (typeof schema !== "object" || schema === null) return 0;
  return remembered(schema, widths, () => {
    let width = 0;
    for (const part of Object.values(schema))
      if (typeof part === "object" && part !== null) width += sizeOf(part);
    return width;
  });
}

function sizeOf(of: object): number {
  return Array.isArray(of) ? of.length : Object.keys(of).length;
}

function remembered(key: object, sizes: WeakMap<object, number>, make: (key: object) => number): number {
  const known = sizes.get(key);
  if (known !== undefined) return known;
  const size = make(key);
  sizes.set(key, size);
  return size;
}

/** For each pair that is compared. */
export function compared(one: unknown): void {
  spend(1 + Math.floor(extentOf(one) / PASSED_A_NODE));
}

export function matches(pattern: string, text: string): boolean {
  return expressionOf(pattern).test(text);
}

export function fewOf<T>(errors: readonly T[]): readonly T[] {
  return errors.length > ERRORS_MAX ? errors.slice(0, ERRORS_MAX) : errors;
}

/** A value of the schema in an error. */
export function shownValue(value: unknown): string {
  const text = JSON.stringify(value);
  spend(1 + Math.floor(text.length / 1024));
  return text.length > SHOWN_CHARS_MAX ? `${text.slice(0, SHOWN_CHARS_MAX)}…` : text;
}

/** `url` is the library's own, and its expression takes a time that doubles with each character. */
export function fitsFormat(
  formats: Readonly<Record<string, (text: string) => boolean>>,
  name: string,
  text: string,
): boolean {
  const fits = Object.hasOwn(formats, name) && name !== "url" ? formats[name] : undefined;
  if (fits === undefined) return true;
  spend(1 + Math.floor(text.length / PASSED_A_NODE));
  return text.length <= FORMAT_CHARS_MAX && fits(text);
}

/** The indexes of the first two items that are equal. The library would compare each with each. */
export function repeatedItem(items: readonly unknown[]): readonly [number, number] | undefined {
  const seen = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const text = canonical(item);
    const before = seen.get(text);
    if (before !== undefined) return [before, index];
    seen.set(text, index);
  }
  return undefined;
}

/** Equal for values that are equal: members in the order of their names. */
function canonical(value: unknown): string {
  compared(value);
  return deeper(() => {
    if (typeof value !== "object" || value === null) return scalarText(value);
    if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`;
  });
}

/** JSON has no words for the numbers that YAML and TOML know besides; -0 is 0. */
function scalarText(value: unknown): string {
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

/** Numbers that lie far apart are divided as integers of that many digits. */
export function isMultiple(
  isMultipleOf: (value: number, divisor: number) => boolean,
  value: number,
  divisor: number,
): boolean {
  const digits = Math.abs(Math.log10(Math.abs(value) || 1) - Math.log10(divisor));
  spend(Number.isFinite(digits) ? Math.floor(digits / DIGITS_A_NODE) : 0);
  return isMultipleOf(value, divisor);
}

/** Each name that is missing is an error that is written out. */
export function isMissing(instance: object, name: string): boolean {
  if (Object.hasOwn(instance, name)) return false;
  spend(1 + Math.floor(name.length / NAME_CHARS_A_NODE));
  return true;
}

/** A part of an address. Halves of pairs have no bytes there, and are shown as what cannot be shown. */
export function addressed(name: string): string {
  spend(Math.floor(name.length / NAME_CHARS_A_NODE));
  try {
    return encodeURI(name);
  } catch {
    return encodeURI(name.replace(/[\ud800-\udfff]/gu, "\ufffd"));
  }
}
