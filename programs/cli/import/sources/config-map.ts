/**
 * Kubernetes ConfigMaps, as YAML or JSON, alone, in a List, or among other objects of a manifest, which are passed over.
 * The key is NAME/ENTRY; without -n the ConfigMap's own namespace comes first.
 */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type YAMLMap } from "yaml";
import * as z from "zod/mini";
import type { Collector, SourcePlace } from "../source.ts";
import { findUtf8Fault } from "../utf8.ts";

interface Manifest {
  readonly collector: Collector;
  readonly file: string;
  readonly lines: LineCounter;
}

export function readConfigMaps(collector: Collector, file: string, bytes: Uint8Array): void {
  const broken = findUtf8Fault(bytes);
  if (broken !== undefined) {
    collector.fault({ file, ...broken }, broken.what);
    return;
  }
  const lines = new LineCounter();
  const manifest = { collector, file, lines };
  const documents = parseAllDocuments(new TextDecoder().decode(bytes), { lineCounter: lines });
  if (!Array.isArray(documents)) {
    collector.fault({ file }, "it is empty");
    return;
  }
  let found = 0;
  for (const document of documents) {
    for (const { pos, message } of document.errors)
      collector.fault(
        placeAt(manifest, pos[0]),
        message.split("\n")[0]?.replace(/ at line \d+.*$/, "") ?? "",
      );
    if (document.errors.length > 0) found += 1;
    else if (isMap(document.contents)) found += readObject(manifest, document.contents);
  }
  if (found === 0)
    collector.fault(
      { file },
      "it holds no ConfigMap. To store the file as it is, use `put --file` or import its folder",
    );
}

/** How many ConfigMaps it was. */
function readObject(manifest: Manifest, object: YAMLMap): number {
  const kind = textIn(object, "kind");
  if (kind === "ConfigMap") {
    readConfigMap(manifest, object);
    return 1;
  }
  const items = object.get("items", true);
  if (!isSeq(items) || (kind !== "List" && kind !== "ConfigMapList")) return 0;
  return items.items.reduce<number>((sum, item) => {
    if (!isMap(item)) return sum;
    // The items of a ConfigMapList say no kind of their own.
    if (kind === "ConfigMapList") readConfigMap(manifest, item);
    return sum + (kind === "ConfigMapList" ? 1 : readObject(manifest, item));
  }, 0);
}

function readConfigMap(manifest: Manifest, object: YAMLMap): void {
  const { collector } = manifest;
  const metadata = object.get("metadata", true);
  const name = isMap(metadata) ? textIn(metadata, "name") : undefined;
  const namespace = isMap(metadata) ? textIn(metadata, "namespace") : undefined;
  const at = placeOfNode(manifest, object);
  if (name === undefined) {
    collector.fault(at, "this ConfigMap has no metadata.name");
    return;
  }
  if (namespace === undefined && collector.options.namespace === undefined) {
    collector.fault(at, `the ConfigMap ${name} names no namespace: name one with -n`);
    return;
  }
  const folder = collector.options.namespace === undefined ? `${namespace}/${name}` : name;
  for (const [member, encoding] of [
    ["data", "utf8"],
    ["binaryData", "base64"],
  ] as const) {
    const entries = object.get(member, true);
    if (isMap(entries)) readEntries(manifest, folder, entries, encoding);
    else if (entries !== undefined && !(isScalar(entries) && entries.value === null))
      collector.fault(at, `${member} of the ConfigMap ${name} is no map`);
  }
}

function readEntries(
  manifest: Manifest,
  folder: string,
  entries: YAMLMap,
  encoding: "utf8" | "base64",
): void {
  const { collector } = manifest;
  for (const { key, value } of entries.items) {
    const name = isScalar(key) ? String(key.value) : "";
    const at = placeOfNode(manifest, key);
    const path = `${folder}/${name}`;
    if (!isScalar(value) || typeof value.value !== "string")
      collector.fault(at, `${name} is no string: put its value in quotes`);
    else if (encoding === "utf8") collector.addText({ path, text: value.value, at });
    else {
      // The tools break long base64 into lines.
      const base64 = value.value.replace(/\s/g, "");
      if (z.base64().safeParse(base64).success)
        collector.add({ path, bytes: Buffer.from(base64, "base64"), at });
      else collector.fault(at, `${name} is no base64`);
    }
  }
}

function textIn(map: YAMLMap, name: string): string | undefined {
  const value = map.get(name);
  return typeof value === "string" ? value : undefined;
}

function placeOfNode(manifest: Manifest, node: unknown): SourcePlace {
  const [start = 0] = (node as Node | undefined)?.range ?? [];
  return placeAt(manifest, start);
}

function placeAt({ file, lines }: Manifest, offset: number): SourcePlace {
  const { line, col } = lines.linePos(offset);
  return { file, line, column: col };
}
