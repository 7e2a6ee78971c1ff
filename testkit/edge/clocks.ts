/** The clock of a process of a test: `clock.mjs` reads in a file where it is. */
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../processes.ts";

export interface ProcessClock {
  /** For the process; it lives as long as the file. */
  readonly env: Readonly<Record<string, string>>;
  /** So much time goes by at once, on every clock. */
  pass(ms: number): void;
  /** Only the clock on the wall is set, so far from the right time. */
  setWall(offMs: number): void;
}

/** `speed`: how often faster timers run than for everybody else. */
export function openProcessClock(file: string, speed: number): ProcessClock {
  const shift = { wallMs: 0, allMs: 0 };
  const write = () => {
    writeFileSync(`${file}.new`, JSON.stringify(shift));
    renameSync(`${file}.new`, file);
  };
  write();
  return {
    env: {
      NODE_OPTIONS: `--import=${pathToFileURL(join(root, "testkit/edge/clock.mjs")).href}`,
      LEDGE_TEST_CLOCK: file,
      LEDGE_TEST_SPEED: String(speed),
    },
    pass(ms) {
      shift.allMs += ms;
      write();
    },
    setWall(offMs) {
      shift.wallMs = offMs;
      write();
    },
  };
}
