/** What `etcdctl get --prefix -w json` writes: `{"header": …, "kvs": [{"key", "value", …}]}`, both as base64. */
import * as z from "zod/mini";
import { JSON_DEPTH_MAX } from "../../../../lib/core/json-depth.ts";
import { decodeUtf8 } from "../../../../lib/core/utf8.ts";
import { type JsonPart, scanJson } from "../json-text.ts";
import type { Collector } from "../source.ts";

// An empty value is left out, as protobuf does with every zero.
const Pair = z.looseObject({ key: z.base64(), value: z.optional(z.base64()) });
const Whole = z.looseObject({ count: z.optional(z.number()), more: z.optional(z.boolean()) });

export function readEtcd(collector: Collector, file: string, bytes: Uint8Array): void {
  const { parts, faults } = scanJson(bytes, { partsDepth: 2, levels: JSON_DEPTH_MAX });
  for (const { line, column, what } of faults) collector.fault({ file, line, column }, what);
  const pairs = parts.filter(({ path }) => path.length === 2 && path[0] === "kvs");
  judgeWhole(collector, file, parts[0], pairs);
  for (const part of pairs) addPair(collector, file, part);
}

/** A dump that was cut, or holds keys alone, would delete or empty what it does not say. */
function judgeWhole(
  collector: Collector,
  file: string,
  whole: JsonPart | undefined,
  pairs: readonly JsonPart[],
): void {
  if (whole === undefined) return;
  const { count = pairs.length, more } = Whole.safeParse(JSON.parse(whole.text)).data ?? {};
  if (more === true || count > pairs.length)
    collector.fault(
      { file },
      `it holds ${pairs.length} of ${count} keys: take the dump again without --limit`,
    );
  if (pairs.length > 0 && pairs.every(({ text }) => !text.includes('"value"')))
    collector.fault({ file }, "it holds no values: take the dump again without --keys-only");
}

function addPair(collector: Collector, file: string, { text, line, column }: JsonPart): void {
  const at = { file, line, column };
  const pair = Pair.safeParse(JSON.parse(text)).data;
  if (pair === undefined) {
    collector.fault(at, 'a pair of etcd is wanted here: {"key": base64, "value": base64}');
    return;
  }
  const path = decodeUtf8(Buffer.from(pair.key, "base64"));
  if (path === undefined) {
    collector.fault(at, `the key ${pair.key} (base64) is not UTF-8`);
    return;
  }
  collector.add({ path, bytes: Buffer.from(pair.value ?? "", "base64"), at });
}
