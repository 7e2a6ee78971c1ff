/**
 * Where a chromium is for tests and benches. None is fetched: Debian's package `chromium` is enough, and its
 * `chromium-headless-shell`, which draws no window of its own, does the same in 0.6 of the processor's time.
 */
import { existsSync } from "node:fs";

const PLACES = [
  process.env.LEDGE_TEST_BROWSER ?? "",
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

export const BROWSER = PLACES.find((one) => one !== "" && existsSync(one));

/** Why what needs one is skipped. */
export const NO_BROWSER =
  BROWSER === undefined ? "no chromium is installed (LEDGE_TEST_BROWSER names one)" : undefined;
