/**
 * The cron trigger (spin-trigger-cron 0.3): seconds first, UTC, each tick on its own. A tick that is still
 * running holds no other back, a missed one is not made up for, and an error is only told to the log.
 */
import { Cron } from "croner";

export interface CronEntry {
  readonly component: string;
  readonly expression: string;
}

/** Starts the clocks. Throws on an expression that is not six fields. Returns how to stop them. */
export function startCrons(
  entries: readonly CronEntry[],
  tick: (component: string, timestamp: number) => void,
): () => void {
  const clocks = entries.map(({ component, expression }) => {
    if (expression.trim().split(/\s+/).length !== 6) {
      throw new Error(
        `cron expression '${expression}' of ${component}: six fields are needed, seconds first`,
      );
    }
    return new Cron(expression, { timezone: "UTC", protect: false }, (clock: Cron) => {
      const due = clock.currentRun() ?? new Date();
      tick(component, Math.floor(due.getTime() / 1000));
    });
  });
  return () => {
    for (const clock of clocks) clock.stop();
  };
}
