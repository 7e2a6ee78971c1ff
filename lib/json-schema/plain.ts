/** Values of parsers as JSON has them, counted while they grow. */
import { JSON_DEPTH_MAX } from "../core/json-depth.ts";
import { spend } from "./count.ts";

/** The level of what a list or a map at this one holds. Throws where that is too deep. */
export function below(level: number): number {
  spend(1);
  if (level >= JSON_DEPTH_MAX) throw new Error(`It nests deeper than ${JSON_DEPTH_MAX}.`);
  return level + 1;
}

/** An object of exactly these members, `__proto__` among them. Throws where one is named twice. */
export function objectOf(members: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const names = new Set<string>();
  for (const [name] of members) {
    if (names.has(name)) throw new Error(`${JSON.stringify(name.slice(0, 100))} is given twice.`);
    names.add(name);
  }
  return Object.fromEntries(members);
}

/** Throws for what is no number: no bound holds for it, and none refuses it. */
export function scalarOf(value: unknown): unknown {
  if (Number.isNaN(value)) throw new Error("It holds a number that is none (nan).");
  return value;
}
