/**
 * Loaded before a program (`NODE_OPTIONS=--import`): its clocks are where a file says, and its timers run faster. So a process
 * lives through a day, or through a clock that is set wrong by years, while a test looks on. See clocks.ts.
 */
import { readFileSync } from "node:fs";

const { LEDGE_TEST_CLOCK: file = "", LEDGE_TEST_SPEED: speedText = "1" } = process.env;
const speed = Number(speedText);
/** What is shorter is about this machine, and not about the world. */
const SHORT_MS = 100;
const LOOK_MS = 50;

const RealDate = Date;
const realInterval = setInterval;
const realTimeout = setTimeout;
const realNow = performance.now.bind(performance);

let shift = { wallMs: 0, allMs: 0 };
const look = () => {
  try {
    shift = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // While it is written: what it said before.
  }
};
look();
realInterval(look, LOOK_MS).unref();

const nowMs = () => RealDate.now() + shift.wallMs + shift.allMs;
globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(nowMs());
    else super(...given);
  }
  static now() {
    return nowMs();
  }
};
Object.defineProperty(performance, "now", { value: () => realNow() * speed + shift.allMs });
const quick = (ms) => (ms > SHORT_MS ? ms / speed : ms);
globalThis.setTimeout = Object.assign(
  (work, ms, ...given) => realTimeout(work, quick(ms), ...given),
  realTimeout,
);
globalThis.setInterval = Object.assign(
  (work, ms, ...given) => realInterval(work, quick(ms), ...given),
  realInterval,
);
