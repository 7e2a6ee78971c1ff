/**
 * Which of many crashes are tried: all of them in the full run, otherwise some that lie far apart; two at a time,
 * since each is mostly the start of a process.
 */
export const FULL = process.env.LEDGE_FULL === "1";

/** All in the full run; otherwise about `count`, spread over the whole. */
export function sampled<T>(all: readonly T[], count: number): T[] {
  return FULL ? [...all] : spread(all, count);
}

/** About `count`, spread over the whole. */
export function spread<T>(all: readonly T[], count: number): T[] {
  if (all.length <= count) return [...all];
  const step = all.length / count;
  return Array.from({ length: count }, (_, index) => all[Math.floor((index + 0.5) * step)]).filter(
    (one): one is T => one !== undefined,
  );
}

/** Does the work for each, and says at which one it failed. */
export async function forEachCrash<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const worker = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      try {
        await work(one);
      } catch (error) {
        left.length = 0;
        throw new Error(`${JSON.stringify(one)}: ${String(error)}`, { cause: error });
      }
    }
  };
  await Promise.all([worker(), worker()]);
}
