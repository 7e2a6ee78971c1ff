/** What `consul kv export` writes: a JSON array of `{"key", "flags", "value"}`, each value as base64. */
import * as z from "zod/mini";
import { JSON_DEPTH_MAX } from "../../../../lib/core/json-depth.ts";
import { scanJson } from "../json-text.ts";
import type { Collector } from "../source.ts";

// `flags` and, of the enterprise edition, `namespace` and `partition` say nothing that a document holds.
const Entry = z.looseObject({ key: z.string(), value: z.nullish(z.base64()) });

export function readConsul(collector: Collector, file: string, bytes: Uint8Array): void {
  const { parts, faults } = scanJson(bytes, { partsDepth: 1, levels: JSON_DEPTH_MAX });
  for (const { line, column, what } of faults) collector.fault({ file, line, column }, what);
  for (const part of parts) {
    if (part.path.length === 0) continue;
    const at = { file, line: part.line, column: part.column };
    const entry = Entry.safeParse(JSON.parse(part.text)).data;
    if (entry === undefined)
      collector.fault(at, 'an entry of `consul kv export` is wanted here: {"key": …, "value": base64}');
    else collector.add({ path: entry.key, bytes: Buffer.from(entry.value ?? "", "base64"), at });
  }
}
