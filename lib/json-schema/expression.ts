/**
 * Regular expressions of schemas, run by RE2, which takes a time that grows with the text and never with its powers.
 * Promise: only what both ECMA-262 and RE2 take is taken; what neither look-arounds nor back references are needed for.
 * Matching spends nodes by the length of the text and the size of the expression.
 */
import { RE2JS } from "re2js";
import { remembering } from "../core/remembering.ts";
import { spend } from "./count.ts";

/** All expressions of a schema together, in instructions. */
export const INSTRUCTIONS_MAX = 10_000;
/** What `\p{…}` counts for: one instruction to RE2, and hundreds of ranges that are put together. */
const CLASS_INSTRUCTIONS = 100;
/** What one node pays for, in characters times instructions. */
const STEPS_A_NODE = 256;

export interface Expression {
  /** What it takes to put it together. */
  readonly instructions: number;
  test(text: string): boolean;
}

/** Throws, saying why, where it is none. */
export const expressionOf = remembering((pattern: string): Expression => {
  // RE2 knows more than ECMA-262: `\z`, `\Q…\E` and `(?i)` are nobody's but its own.
  const classes = (pattern.match(/\\p\{/gi) ?? []).length * CLASS_INSTRUCTIONS;
  if (classes > INSTRUCTIONS_MAX) throw new Error("It names too many classes of characters by \\p");
  new RegExp(pattern, "u");
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
  const steps = compiled.programSize();
  return {
    instructions: steps + classes,
    test(text) {
      spend(1 + Math.floor((text.length * steps) / STEPS_A_NODE));
      return compiled.test(text);
    },
  };
});
