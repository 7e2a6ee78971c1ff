/** When to stop: at a signal, or when the npm that started us has gone. */

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const LOOK_MS = 250;
/** A terminal's Ctrl-C comes to us and to npm, which passes it on: that is one word, and ends no stop that is under way. */
const SAME_WORD_MS = 2000;

/**
 * Resolves at the first signal that asks for an end; one that comes two seconds later ends the process at once. An npm that is
 * killed can pass none on: then our parent is another process.
 */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      resolve();
      setTimeout(() => {
        for (const signal of SIGNALS) process.off(signal, stop);
      }, SAME_WORD_MS).unref();
    };
    for (const signal of SIGNALS) process.on(signal, stop);
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
