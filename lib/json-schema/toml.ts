/** TOML as a value: dates become texts, and integers beyond 2^53 doubles. */
import { parse, TomlDate } from "smol-toml";
import { JSON_DEPTH_MAX } from "../core/json-depth.ts";
import { below, objectOf, scalarOf } from "./plain.ts";

/** Throws, saying why, where the text is none. */
export function tomlValue(text: string): unknown {
  return plainOf(parse(text, { integersAsBigInt: "asNeeded", maxDepth: JSON_DEPTH_MAX }), 0);
}

function plainOf(value: unknown, level: number): unknown {
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "object" || value === null) return scalarOf(value);
  if (value instanceof TomlDate) return value.toISOString();
  const next = below(level);
  if (Array.isArray(value)) return value.map((item) => plainOf(item, next));
  return objectOf(Object.entries(value).map(([name, member]) => [name, plainOf(member, next)]));
}
