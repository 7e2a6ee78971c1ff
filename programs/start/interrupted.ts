/** When to stop: at a signal, or when the npm that started us has gone. */

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const LOOK_MS = 250;

/**
 * Resolves at the first signal that asks for an end. An npm that is killed can pass none on: then our parent is another
 * process.
 */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.once(signal, () => resolve());
    const parent = process.ppid;
    if (process.env.npm_lifecycle_event === undefined) return;
    const looking = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(looking);
      resolve();
    }, LOOK_MS);
    looking.unref();
  });
}
