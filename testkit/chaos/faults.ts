/**
 * What can go wrong with a bucket, as plain data, and choosing it: rules are looked at in order, each with its
 * own chance, and the first that strikes is the request's fault. Promise: one seed gives one row of choices;
 * a rule that does not fit a request takes nothing from the row.
 */
import type { Random } from "../random.ts";

export type ChaosMethod = "GET" | "HEAD" | "PUT" | "DELETE" | "LIST" | "OTHER";

export type Fault =
  /** An error of S3's own kind; nothing is done. */
  | { readonly kind: "error"; readonly status: number; readonly code: string }
  /** A page of a proxy between us and the bucket; nothing is done. */
  | {
      readonly kind: "page";
      readonly status: number;
      readonly type: string;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The answer comes late, and then whole. */
  | { readonly kind: "slow"; readonly delayMs: number }
  /** The body comes in small pieces. */
  | { readonly kind: "drip"; readonly chunkBytes: number; readonly everyMs: number }
  /** No answer, and the connection stays open; nothing is done. */
  | { readonly kind: "silence" }
  /** The head and half of the body, then nothing more. */
  | { readonly kind: "stall" }
  /** The connection is cut before anything is done. */
  | { readonly kind: "reset" }
  /** What was asked is done, and the connection is cut instead of an answer. */
  | { readonly kind: "lost" }
  /** PUT: a part of the bytes is published; then the connection is cut, or success is told. */
  | { readonly kind: "torn"; readonly told: boolean }
  /** GET and LIST: half of the body, then the connection is cut, with or without a length in the head. */
  | { readonly kind: "cut"; readonly length: boolean }
  /** GET, HEAD and LIST: as it was some writing operations ago. */
  | { readonly kind: "stale"; readonly operations: number };

export interface FaultRule {
  readonly fault: Fault;
  /** From 0 to 1; without it always. */
  readonly rate?: number;
  readonly methods?: readonly ChaosMethod[];
  readonly name?: RegExp;
  /** Strikes so often and then never again. */
  readonly times?: number;
}

export interface Faults {
  /** Replaces all rules; none means that the bucket is well. */
  set(...rules: readonly FaultRule[]): void;
  choose(method: ChaosMethod, name: string): Fault | undefined;
}

export function openFaults(random: Random): Faults {
  let rules: { readonly rule: FaultRule; left: number }[] = [];
  return {
    set(...next) {
      rules = next.map((rule) => ({ rule, left: rule.times ?? Number.POSITIVE_INFINITY }));
    },
    choose(method, name) {
      for (const entry of rules) {
        const { fault, methods, name: pattern, rate = 1 } = entry.rule;
        if (!(methods ?? methodsOf(fault)).includes(method)) continue;
        if (entry.left <= 0 || pattern?.test(name) === false) continue;
        if (random.next() >= rate) continue;
        entry.left -= 1;
        return fault;
      }
      return undefined;
    },
  };
}

/** The requests that a fault can be about. */
function methodsOf({ kind }: Fault): readonly ChaosMethod[] {
  if (kind === "torn") return ["PUT"];
  if (kind === "cut" || kind === "stall" || kind === "drip") return ["GET", "LIST"];
  if (kind === "stale") return ["GET", "HEAD", "LIST"];
  return ["GET", "HEAD", "PUT", "DELETE", "LIST"];
}
