/**
 * What the small components use of `zod/mini`, in its place: their build puts this file where they import the library
 * (build/plugins.ts). A schema of the library takes 2 kB of a component's memory, one of these a twentieth. Promise: of JSON
 * values both say the same, issue by issue; a test compares them. What is not here fails the build of a component.
 */

export interface Issue {
  readonly path: PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  /** True: the value can be checked further. False: nothing more is said of it. Absent: only its length is looked at. */
  readonly goesOn?: boolean;
}

export type Parsed =
  | { readonly success: true; readonly data: unknown }
  | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };

interface Check {
  readonly holds: (value: never, limit: never) => boolean;
  readonly limit: unknown;
  readonly message: string;
  readonly abort: boolean;
  /** Asked also of what is not of the schema's type, if it has a length. */
  readonly ofLength: boolean;
}

type Params = string | { readonly error?: string; readonly abort?: boolean };

const INVALID = "Invalid input";
const NO_CHECKS: readonly Check[] = [];

/** Gives back what it makes of the value, and adds what is wrong with it. */
type Read = (of: never, value: unknown, issues: Issue[]) => unknown;

/** One way of reading and what it needs to know: an object without functions of its own, since hundreds stand in memory. */
class Schema {
  constructor(
    readonly read: Read,
    readonly of: unknown,
    readonly checks = NO_CHECKS,
    readonly shape: Shape = {},
  ) {}

  check(...more: readonly Check[]): Schema {
    return new Schema(this.read, this.of, [...this.checks, ...more], this.shape);
  }

  run(value: unknown, issues: Issue[]): unknown {
    // A list that is too long is refused before any of its items is read.
    const overlong = Array.isArray(value) && this.read === readArray ? this.capOver(value) : undefined;
    if (overlong !== undefined) {
      issues.push({ path: [], message: overlong.message, goesOn: false });
      return value;
    }
    const from = issues.length;
    const made = this.read(this.of as never, value, issues);
    for (const { holds, limit, message, abort, ofLength } of this.checks) {
      if (ofLength ? isOver(issues, from) || !hasLength(made) : isAborted(issues, from)) continue;
      if (!holds(made as never, limit as never)) issues.push({ path: [], message, goesOn: !abort });
    }
    return made;
  }

  private capOver(list: unknown[]): Check | undefined {
    return this.checks.find(({ holds, limit }) => holds === isLengthAtMost && list.length > Number(limit));
  }

  safeParse(value: unknown): Parsed {
    const issues: Issue[] = [];
    const data = this.run(value, issues);
    return issues.length === 0 ? { success: true, data } : { success: false, error: { issues } };
  }

  parse(value: unknown): unknown {
    const parsed = this.safeParse(value);
    if (!parsed.success) throw new Error(JSON.stringify(parsed.error.issues));
    return parsed.data;
  }
}

type Shape = Readonly<Record<string, Schema>>;

function isAborted(issues: readonly Issue[], from: number): boolean {
  for (let at = from; at < issues.length; at += 1) if (issues[at]?.goesOn !== true) return true;
  return false;
}

function isOver(issues: readonly Issue[], from: number): boolean {
  for (let at = from; at < issues.length; at += 1) if (issues[at]?.goesOn === false) return true;
  return false;
}

function hasLength(value: unknown): boolean {
  return value !== null && value !== undefined && (value as { length?: unknown }).length !== undefined;
}

function wrong(issues: Issue[], path: PropertyKey[] = []): void {
  issues.push({ path, message: INVALID });
}

/** Reads a member, or an item, and says of its issues where they are. */
function readAt(key: PropertyKey, schema: Schema, value: unknown, issues: Issue[]): unknown {
  const from = issues.length;
  const made = schema.run(value, issues);
  for (let at = from; at < issues.length; at += 1) issues[at]?.path.unshift(key);
  return made;
}

function readAny(_of: unknown, value: unknown): unknown {
  return value;
}

function readType(type: string, value: unknown, issues: Issue[]): unknown {
  if (typeof value !== type || (type === "number" && !Number.isFinite(value))) wrong(issues);
  return value;
}

function readOneOf(values: readonly unknown[], value: unknown, issues: Issue[]): unknown {
  if (!values.includes(value)) wrong(issues);
  return value;
}

function readOptional(inner: Schema, value: unknown, issues: Issue[]): unknown {
  return value === undefined ? value : inner.run(value, issues);
}

function readNullable(inner: Schema, value: unknown, issues: Issue[]): unknown {
  return value === null ? value : inner.run(value, issues);
}

function readArray(item: Schema, value: unknown, issues: Issue[]): unknown {
  if (!Array.isArray(value)) {
    wrong(issues);
    return value;
  }
  return value.map((one, index) => readAt(index, item, one, issues));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

interface Members {
  readonly shape: Shape;
  readonly strict: boolean;
}

function readObject({ shape, strict }: Members, value: unknown, issues: Issue[]): unknown {
  if (!isObject(value)) {
    wrong(issues);
    return value;
  }
  const made: Record<string, unknown> = {};
  for (const key in shape) {
    const schema = shape[key];
    if (schema === undefined) continue;
    if (key in value) {
      made[key] = readAt(key, schema, value[key], issues);
    } else if (schema.read !== readOptional) {
      const from = issues.length;
      readAt(key, schema, undefined, issues);
      if (issues.length === from) wrong(issues, [key]);
    }
  }
  const unknownKeys = strict ? Object.keys(value).filter((key) => !Object.hasOwn(shape, key)) : [];
  if (unknownKeys.length > 0) issues.push({ path: [], message: INVALID, keys: unknownKeys, goesOn: true });
  return made;
}

interface KeysAndValues {
  readonly key: Schema;
  readonly value: Schema;
}

function readRecord({ key: keys, value: values }: KeysAndValues, value: unknown, issues: Issue[]): unknown {
  if (!isObject(value)) {
    wrong(issues);
    return value;
  }
  const made: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (key === "__proto__") continue;
    if (!keys.safeParse(key).success) wrong(issues, [key]);
    else made[key] = readAt(key, values, value[key], issues);
  }
  return made;
}

/** Who gives the only reading that could go on speaks for the union. */
function readUnion(options: readonly Schema[], value: unknown, issues: Issue[]): unknown {
  const near: { made: unknown; found: Issue[] }[] = [];
  for (const option of options) {
    const found: Issue[] = [];
    const made = option.run(value, found);
    if (found.length === 0) return made;
    if (!isAborted(found, 0)) near.push({ made, found });
  }
  const [only, another] = near;
  if (only === undefined || another !== undefined) {
    wrong(issues);
    return value;
  }
  issues.push(...only.found);
  return only.made;
}

interface Tagged {
  readonly tag: string;
  readonly options: ReadonlyMap<unknown, Schema>;
}

function readTagged({ tag, options }: Tagged, value: unknown, issues: Issue[]): unknown {
  const option = isObject(value) ? options.get(value[tag]) : undefined;
  if (option !== undefined) return option.run(value, issues);
  wrong(issues, isObject(value) ? [tag] : []);
  return value;
}

function readPipe([first, second]: readonly [Schema, Schema], value: unknown, issues: Issue[]): unknown {
  const from = issues.length;
  const made = first.run(value, issues);
  return issues.length > from ? made : second.run(made, issues);
}

function check<Value, Limit>(
  holds: (value: Value, limit: Limit) => boolean,
  limit: Limit,
  params: Params = {},
  ofLength = false,
): Check {
  const { error = INVALID, abort = false } = typeof params === "string" ? { error: params } : params;
  return { holds, limit, message: error, abort, ofLength };
}

/** Of a text its characters, of which one may be two units. */
function isLengthAtMost(value: string | unknown[], max: number): boolean {
  return (
    value.length <= max || (typeof value === "string" && value.length <= 2 * max && [...value].length <= max)
  );
}

function isLengthAtLeast(value: string | unknown[], min: number): boolean {
  if (value.length < min || typeof value !== "string" || value.length >= 2 * min) return value.length >= min;
  return [...value].length >= min;
}

const INTEGER = check(Number.isInteger, undefined, { abort: true });
const SAFE = check(Number.isSafeInteger, undefined);
const INT_CHECKS: readonly Check[] = [INTEGER, SAFE];

export type ZodMiniType = Schema;

// @__NO_SIDE_EFFECTS__
export function string(): Schema {
  return new Schema(readType, "string");
}

// @__NO_SIDE_EFFECTS__
export function boolean(): Schema {
  return new Schema(readType, "boolean");
}

// @__NO_SIDE_EFFECTS__
export function number(): Schema {
  return new Schema(readType, "number");
}

// @__NO_SIDE_EFFECTS__
export function int(): Schema {
  return new Schema(readType, "number", INT_CHECKS);
}

// @__NO_SIDE_EFFECTS__
export function unknown(): Schema {
  return new Schema(readAny, undefined);
}

// @__NO_SIDE_EFFECTS__
export function literal(value: unknown): Schema {
  return new Schema(readOneOf, Array.isArray(value) ? value : [value]);
}

// @__NO_SIDE_EFFECTS__
function oneOf(values: readonly string[]): Schema {
  return new Schema(readOneOf, values);
}

export { oneOf as enum };

// @__NO_SIDE_EFFECTS__
export function optional(inner: Schema): Schema {
  return new Schema(readOptional, inner);
}

// @__NO_SIDE_EFFECTS__
export function nullable(inner: Schema): Schema {
  return new Schema(readNullable, inner);
}

/** What is read is made anew and nobody else has it, so nothing is frozen. */
// @__NO_SIDE_EFFECTS__
export function readonly(inner: Schema): Schema {
  return inner;
}

// @__NO_SIDE_EFFECTS__
export function array(item: Schema): Schema {
  return new Schema(readArray, item);
}

// @__NO_SIDE_EFFECTS__
export function object(shape: Shape): Schema {
  return new Schema(readObject, { shape, strict: false }, NO_CHECKS, shape);
}

// @__NO_SIDE_EFFECTS__
export function strictObject(shape: Shape): Schema {
  return new Schema(readObject, { shape, strict: true }, NO_CHECKS, shape);
}

// @__NO_SIDE_EFFECTS__
export function record(key: Schema, value: Schema): Schema {
  return new Schema(readRecord, { key, value });
}

// @__NO_SIDE_EFFECTS__
export function union(options: readonly Schema[]): Schema {
  return new Schema(readUnion, options);
}

function valuesOf(schema: Schema | undefined): readonly unknown[] {
  return schema?.read === readOneOf && Array.isArray(schema.of) ? schema.of : [];
}

// @__NO_SIDE_EFFECTS__
export function discriminatedUnion(tag: string, options: readonly Schema[]): Schema {
  const tagged = options.flatMap((option) =>
    valuesOf(option.shape[tag]).map((value): [unknown, Schema] => [value, option]),
  );
  return new Schema(readTagged, { tag, options: new Map(tagged) });
}

// @__NO_SIDE_EFFECTS__
export function pipe(first: Schema, second: Schema): Schema {
  return new Schema(readPipe, [first, second]);
}

// @__NO_SIDE_EFFECTS__
export function maxLength(max: number): Check {
  return check(isLengthAtMost, max, {}, true);
}

// @__NO_SIDE_EFFECTS__
export function minLength(min: number): Check {
  return check(isLengthAtLeast, min, {}, true);
}

// @__NO_SIDE_EFFECTS__
export function maximum(max: number, params?: Params): Check {
  return check((value: number, limit) => value <= limit, max, params);
}

// @__NO_SIDE_EFFECTS__
export function minimum(min: number, params?: Params): Check {
  return check((value: number, limit) => value >= limit, min, params);
}

// @__NO_SIDE_EFFECTS__
export function regex(pattern: RegExp): Check {
  return check((value: string, limit) => limit.test(value), pattern);
}

// @__NO_SIDE_EFFECTS__
export function refine(holds: (value: unknown) => boolean, params?: Params): Check {
  return check(holds, undefined, params);
}
