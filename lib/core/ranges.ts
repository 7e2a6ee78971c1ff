/** What a caller may see of one namespace, as stretches of keys in order that do not overlap. */
import { type Grant, grantRanges, type Verb } from "./grant.ts";
import { isReserved } from "./namespace.ts";
import { compareUtf8 } from "./utf8.ts";

/** A prefix, or one whole key. */
export interface Stretch {
  readonly from: string;
  readonly exact: boolean;
}

/** What the grants reach with a verb of the keys that begin with a prefix. */
export function stretchesIn(
  grants: readonly Grant[],
  verb: Verb,
  { namespace, prefix }: { readonly namespace: string; readonly prefix: string },
): Stretch[] {
  const all: Stretch[] = grantRanges(grants, verb)
    .filter((range) => range.namespace === namespace || (range.namespace === "*" && !isReserved(namespace)))
    .flatMap((range) => commonPart(range, { from: prefix, exact: false }) ?? []);
  return disjoint(all);
}

/** What lies in both. */
export function commonStretches(left: readonly Stretch[], right: readonly Stretch[]): Stretch[] {
  return disjoint(left.flatMap((one) => right.flatMap((other) => commonPart(one, other) ?? [])));
}

function commonPart(left: Stretch, right: Stretch): Stretch | undefined {
  if (covers(left, right)) return { from: right.from, exact: right.exact };
  return covers(right, left) ? { from: left.from, exact: left.exact } : undefined;
}

function covers(outer: Stretch, inner: Stretch): boolean {
  return outer.exact ? inner.exact && inner.from === outer.from : inner.from.startsWith(outer.from);
}

function disjoint(stretches: readonly Stretch[]): Stretch[] {
  const sorted = [...stretches].sort(
    (a, b) => compareUtf8(a.from, b.from) || Number(a.exact) - Number(b.exact),
  );
  const kept: Stretch[] = [];
  for (const one of sorted) {
    const last = kept.at(-1);
    if (last === undefined || !covers(last, one)) kept.push(one);
  }
  return kept;
}
