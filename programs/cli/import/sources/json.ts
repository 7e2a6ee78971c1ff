/** Our own JSON: `{"namespace": {"key": value}}`, or with a namespace named just the inner object. */
import { JSON_DEPTH_MAX } from "../../../../lib/core/json-depth.ts";
import { type JsonPart, scanJson } from "../json-text.ts";
import type { Collector } from "../source.ts";

/** Every member is a JSON document, whatever its key ends in; its text is taken as it stands. */
export function readJson(collector: Collector, file: string, bytes: Uint8Array): void {
  const isNamed = collector.options.namespace !== undefined;
  const depth = isNamed ? 1 : 2;
  const { parts, faults } = scanJson(bytes, { partsDepth: depth, levels: JSON_DEPTH_MAX + depth });
  for (const { line, column, what } of faults) collector.fault({ file, line, column }, what);
  for (const part of parts) {
    const at = { file, line: part.line, column: part.column };
    const [first, second] = part.path;
    if (part.path.length < depth) {
      if (!part.text.startsWith("{")) {
        const what = isNamed
          ? "{key: value}"
          : part.path.length === 0
            ? "{namespace: {key: value}}"
            : "{key: value}";
        collector.fault(at, `an object is wanted here: ${what}`);
      } else if (typeof first === "string") collector.addNamespace(first, at);
      continue;
    }
    const path = isNamed ? String(first) : `${first}/${second}`;
    if (!isArrayItem(part)) addPart(collector, path, part, at);
  }
}

/** Items of an array that stands where an object should: the array has its fault already. */
function isArrayItem({ path }: JsonPart): boolean {
  return typeof path.at(-1) === "number";
}

function addPart(
  collector: Collector,
  path: string,
  { text }: JsonPart,
  at: { file: string; line: number; column: number },
): void {
  const bytes = new TextEncoder().encode(text);
  collector.add({ path, bytes, at, mediaType: "application/json", isChecked: true });
}
