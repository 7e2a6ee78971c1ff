/**
 * Which stretches of one namespace a caller may see below a prefix. Promise: they do not overlap and stand in
 * the order of bytes, so that a page may walk one after the other.
 */
import type { KeyRange } from "./grant.ts";
import { compareUtf8 } from "./utf8.ts";

/** A stretch of keys: a prefix (empty for all), or one whole key. */
export interface ListRange {
  readonly from: string;
  readonly exact: boolean;
}

/** `granted` cut to one namespace and a prefix. A range with namespace `*` stands for any that is not reserved. */
export function listRanges(granted: readonly KeyRange[], namespace: string, prefix: string): ListRange[] {
  const own = granted.filter(
    (range) => range.namespace === namespace || (range.namespace === "*" && !namespace.startsWith("_")),
  );
  const cut = own.flatMap((range): ListRange[] => {
    if (range.from.startsWith(prefix)) return [{ from: range.from, exact: range.exact }];
    return !range.exact && prefix.startsWith(range.from) ? [{ from: prefix, exact: false }] : [];
  });
  // Wider ranges first where two begin alike, so that what they cover is dropped behind them.
  cut.sort((a, b) => compareUtf8(a.from, b.from) || Number(a.exact) - Number(b.exact));
  const kept: ListRange[] = [];
  for (const range of cut) {
    const covered = kept.some((wide) =>
      wide.exact ? range.exact && wide.from === range.from : range.from.startsWith(wide.from),
    );
    if (!covered) kept.push(range);
  }
  return kept;
}
