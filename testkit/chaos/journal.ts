/**
 * Every request that the chaos server saw, in the order in which it took effect. Promise: what was sent and
 * what was stored stand apart, since a fault may make them differ.
 */
import { createHash } from "node:crypto";
import { appendFileSync } from "node:fs";
import type { ChaosMethod, Fault } from "./faults.ts";

export interface Sent {
  readonly sizeBytes: number;
  readonly sha256: string;
}

export type Effect =
  | { readonly kind: "put"; readonly bytes: Uint8Array }
  | { readonly kind: "remove" }
  | { readonly kind: "none" };

export interface JournalEntry {
  /** From 1. */
  readonly order: number;
  readonly method: ChaosMethod;
  /** The object's name, or the prefix of a list. */
  readonly name: string;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. The signature is left out. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, when it came whole. */
  readonly sent: Sent | undefined;
  readonly effect: Effect;
  /** What was answered; undefined where no status was sent. */
  readonly status: number | undefined;
  readonly code: string | undefined;
  readonly fault: Fault | undefined;
}

export interface Journal {
  readonly entries: JournalEntry[];
  add(entry: Omit<JournalEntry, "order">): void;
}

/** A journal in memory; with a file, also one JSON line a request there. */
export function openJournal(file?: string): Journal {
  const entries: JournalEntry[] = [];
  return {
    entries,
    add(entry) {
      const { authorization: _signature, ...headers } = entry.headers;
      const noted = { ...entry, order: entries.length + 1, headers };
      entries.push(noted);
      if (file === undefined) return;
      const effect = noted.effect.kind === "put" ? sentOf(noted.effect.bytes) : noted.effect.kind;
      appendFileSync(file, `${JSON.stringify({ ...noted, effect })}\n`);
    },
  };
}

export function sentOf(bytes: Uint8Array): Sent {
  return { sizeBytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}
