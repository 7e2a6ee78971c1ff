/**
 * A schema without references: each part that refers to another one has what that one says, too. Ledge's schemas refer to nothing
 * but themselves. What goes round in circles stays a circle of objects.
 */
type Part = Record<string, unknown>;

export function withoutReferences(schema: unknown): unknown {
  const anchors = new Map<string, Part>();
  const parts = partsOf(schema, new Set());
  for (const part of parts) if (typeof part.$anchor === "string") anchors.set(part.$anchor, part);
  for (const part of parts) {
    const passed = new Set<string>();
    while (typeof part.$ref === "string" && !passed.has(part.$ref)) {
      const reference = part.$ref;
      passed.add(reference);
      delete part.$ref;
      const found = anchors.get(reference.slice(1)) ?? at(schema, reference);
      // What stands beside a reference counts as well, and first.
      if (found !== undefined) Object.assign(part, { ...found, ...part });
    }
    delete part.$ref;
  }
  return schema;
}

function partsOf(value: unknown, seen: Set<unknown>): Part[] {
  if (typeof value !== "object" || value === null || seen.has(value)) return [];
  seen.add(value);
  const below = Object.values(value).flatMap((one) => partsOf(one, seen));
  return isPart(value) ? [value, ...below] : below;
}

/** By a pointer in an address: `#/$defs/one`. */
function at(schema: unknown, reference: string): Part | undefined {
  let place = schema;
  for (const segment of reference.split("/").slice(1)) {
    const name = decoded(segment).replaceAll("~1", "/").replaceAll("~0", "~");
    const holds = typeof place === "object" && place !== null && Object.hasOwn(place, name);
    place = holds ? Object.entries(place ?? {}).find(([own]) => own === name)?.[1] : undefined;
  }
  return isPart(place) ? place : undefined;
}

function isPart(value: unknown): value is Part {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
