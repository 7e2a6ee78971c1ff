/** How deep JSON nests. Parsed values only: syntax and duplicate members are judged in SQL, by bytes. */

export const JSON_DEPTH_MAX = 64;

/** Whether arrays and objects nest no deeper than `levels`. A scalar has depth 0. */
export function isWithinDepth(value: unknown, levels: number = JSON_DEPTH_MAX): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (levels === 0) return false;
  const inner: unknown[] = Array.isArray(value) ? value : Object.values(value);
  return inner.every((item) => isWithinDepth(item, levels - 1));
}
