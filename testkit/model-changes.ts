/** Changes as they are drawn for the model of the store: few names and values, so that they meet. */
import fc from "fast-check";
import type { StoreModel } from "./model.ts";
import type { TestChange } from "./proposals.ts";

const namespaces = ["shop", "shop-2", "none"];
const keys = ["a", "a/b", "é", "\u{10000}", "k".repeat(20)];

export const drawnChange = fc.record({
  op: fc.constantFrom("put", "put", "put", "delete", "check"),
  ns: fc.constantFrom(
    namespaces[0],
    namespaces[0],
    namespaces[0],
    namespaces[1],
    namespaces[1],
    namespaces[2],
  ),
  key: fc.constantFrom(...keys),
  value: fc.constantFrom("", "1", "two", "\u0000", "{}"),
  type: fc.constantFrom("text/plain", "text/plain", "application/json"),
  // How the revision named relates to the one there: right, any, absent, none given, or another.
  names: fc.constantFrom("right", "right", "any", "absent", "nothing", "other"),
});
export type DrawnChange = typeof drawnChange extends fc.Arbitrary<infer Drawn> ? Drawn : never;

/** The change as it stands beside what the model holds. */
export function toChange(drawn: DrawnChange, model: StoreModel): TestChange {
  const ns = drawn.ns ?? "shop";
  const there = model.documents.get(`${ns} ${drawn.key}`)?.revision ?? 0;
  const named =
    { right: there, any: -1, absent: 0, nothing: null, other: Math.max(1, there - 1) }[drawn.names] ?? null;
  const base = { ns, key: drawn.key, if: named };
  if (drawn.op === "put") return { ...base, op: "put", value: drawn.value, type: drawn.type };
  if (drawn.op === "delete") return { ...base, op: "delete" };
  return { ...base, op: "check", if: named === null || named < 0 ? there : named };
}
