/** Waiting without holding up what else this instance does. A span that is over already ends at once. */
export function sleepFor(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), Math.max(0, ms)));
}
