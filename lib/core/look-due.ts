/**
 * When the bucket has to be looked at for who else is there. Promise: no stored moment keeps a look away for ever
 * (span.ts).
 */
import { isOver } from "./span.ts";

/** The exporter looks once in this time, and a write that finds no look so young asks for one. */
const LOOK_EVERY_MS = 3_600_000;

/** Whether every one of these looks, in milliseconds since 1970, is too old; without any it is. */
export function isLookDue(looksMs: readonly number[], nowMs: number): boolean {
  return looksMs.every((sinceMs) => isOver({ sinceMs, lengthMs: LOOK_EVERY_MS }, nowMs));
}
