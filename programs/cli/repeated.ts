/** For an option that may be given again: every value of it, in order. */
export function repeated(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
