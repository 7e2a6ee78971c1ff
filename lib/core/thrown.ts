/**
 * What was thrown, in words for a log: an Error's name and message, and text as it is, since SpiderMonkey throws the
 * bare string "out of memory" where it has no room left for an Error.
 */
export function thrownText(thrown: unknown): string {
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return text.slice(0, 300);
}
