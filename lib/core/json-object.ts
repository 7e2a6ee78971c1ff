/** A JSON text as an object of known members: how reserved documents are read where no schema library is at hand. */

export type Members = { readonly [member: string]: unknown };

/** The members; undefined when it is no JSON, no object, or holds a member that is not in `known`. */
export function parseObject(json: string, known: readonly string[]): Members | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // Not JSON at all: the caller refuses it like any other shape.
    return undefined;
  }
  return isObject(value) && hasOnly(value, known) ? value : undefined;
}

export function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function hasOnly(value: Members, known: readonly string[]): boolean {
  return Object.keys(value).every((member) => known.includes(member));
}
