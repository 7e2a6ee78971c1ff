/** Media types of texts that can be edited, and what the editor makes of each. */
import { isJsonText } from "../parts/text.ts";

export type TextKind = "json" | "yaml" | "toml" | "properties" | "text";

/** Offered for a new document. */
export const OFFERED_TYPES: readonly (readonly [string, string])[] = [
  ["application/json", "JSON"],
  ["application/yaml", "YAML"],
  ["application/toml", "TOML"],
  ["text/plain", "Text"],
  ["text/x-java-properties", "Properties"],
];

/** `key` counts where the type says no more than that it is text. */
export function kindOf(mediaType: string, key: string): TextKind {
  if (isJsonText(mediaType)) return "json";
  const essence = mediaType.split(";", 1)[0] ?? "";
  if (/yaml$/.test(essence)) return "yaml";
  if (/toml$/.test(essence)) return "toml";
  if (/properties$/.test(essence)) return "properties";
  return essence === "text/plain" && /(^|[./])(properties|env|ini|conf|cfg)$/.test(key)
    ? "properties"
    : "text";
}
