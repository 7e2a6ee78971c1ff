/**
 * A document as the value that is judged: JSON, YAML and TOML by media type. Promise: the document itself is never
 * written again, so that numbers beyond what a double holds, comments and order stay; what is judged has doubles. What
 * a text could grow into is counted before it grows.
 */
import { isWithinDepth, JSON_DEPTH_MAX } from "../core/json-depth.ts";
import { isJsonType } from "../core/media-type.ts";
import { thrownText } from "../core/thrown.ts";
import { counting, isStop, NODES_MAX } from "./count.ts";
import { tomlValue } from "./toml.ts";
import { yamlValue } from "./yaml.ts";

export type ParsedValue =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "unreadable"; readonly why: string }
  | { readonly kind: "too_costly" };

/** Longer YAML and TOML is not judged: an interpreter reads no more than this in a second or two. */
export const OTHER_CHARS_MAX = 131_072;

const YAML = /^(application|text)\/(x-)?yaml$|^text\/vnd\.yaml$|\+yaml$/;
const TOML = /^(application|text)\/(x-)?toml$|\+toml$/;

export function parseDocument(mediaType: string, text: string): ParsedValue {
  if (isJsonType(mediaType)) return reading(() => jsonValue(text));
  const [essence = ""] = mediaType.split(";");
  const parse = YAML.test(essence) ? yamlValue : TOML.test(essence) ? tomlValue : undefined;
  if (parse === undefined)
    return {
      kind: "unreadable",
      why: `A scope with a schema takes JSON, YAML and TOML, and this is ${essence}.`,
    };
  return text.length > OTHER_CHARS_MAX ? { kind: "too_costly" } : reading(() => parse(text));
}

function jsonValue(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!isWithinDepth(value)) throw new Error(`It nests deeper than ${JSON_DEPTH_MAX}.`);
  return value;
}

/** The count ends what is too costly; whatever a parser says besides is about the text. */
function reading(work: () => unknown): ParsedValue {
  return counting<ParsedValue>(
    NODES_MAX,
    () => {
      try {
        return { kind: "value", value: work() };
      } catch (error) {
        if (isStop(error)) throw error;
        return { kind: "unreadable", why: `It cannot be read: ${thrownText(error).split("\n")[0]}` };
      }
    },
    () => ({ kind: "too_costly" }),
  );
}
