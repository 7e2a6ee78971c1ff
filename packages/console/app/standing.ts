/** How far the store is, as this page knows it. */
import { signal } from "@preact/signals";
import type { ConsoleSession } from "../../../lib/api/console-answers.ts";

/** 0 while nobody has said it. */
export const head = signal(0);
/** How often it has moved since it was known: what views look again by, without looking twice at first. */
export const moves = signal(0);
/** Whether the server answers. */
export const online = signal(true);
/** Whether it takes writes, as the server says it. */
export const mode = signal<ConsoleSession["mode"]>("open");

export function isOpen(): boolean {
  return mode.value === "open";
}
