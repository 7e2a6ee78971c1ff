/** Opens what an import is given: a folder, a file or standard input, in one of the formats that we know. */
import { readFileSync, statSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { EXIT, Failure } from "../failure.ts";
import { openExclude } from "./exclude.ts";
import type { ImportFormat } from "./formats.ts";
import { scanJson } from "./json-text.ts";
import { Collector, type NamingOptions, type SourceContent } from "./source.ts";
import { readConfigMaps } from "./sources/config-map.ts";
import { readConsul } from "./sources/consul.ts";
import { readEtcd } from "./sources/etcd.ts";
import { readFolder } from "./sources/folder.ts";
import { readJson } from "./sources/json.ts";
import { linesFormatOf, readLines } from "./sources/lines.ts";

export interface ReadOptions extends Omit<NamingOptions, "isExcluded"> {
  readonly exclude: readonly string[];
  readonly format: ImportFormat | undefined;
  readonly split: boolean;
  readonly stripExtensions: boolean;
}

/** A source that was read whole, and what it leaves alone. */
export interface ReadSource {
  readonly content: SourceContent;
  readonly isExcluded: (path: string) => boolean;
}

const STDIN = "-";

/** Reads all of it, whatever is wrong in it. Throws a Failure where there is nothing to read. */
export async function readSource(source: string, options: ReadOptions): Promise<ReadSource> {
  const isFolder = source !== STDIN && kindOf(source) === "folder";
  if (!isFolder && options.stripExtensions)
    throw new Failure(EXIT.usage, "--strip-extensions is for folders, whose files have them");
  if (isFolder && options.format !== undefined)
    throw new Failure(EXIT.usage, "--format is for files; a folder's files are documents as they are");
  const tree = { root: source, hasNamespaceFolders: options.namespace === undefined };
  const isExcluded = openExclude(options.exclude, isFolder ? tree : undefined);
  const collector = new Collector({ ...options, isExcluded });
  if (isFolder) readFolder(collector, { name: source, ...options });
  else readFile(collector, source, await readBytes(source), options);
  return { content: collector.finish(), isExcluded };
}

function kindOf(source: string): "folder" | "file" {
  const found = statSync(source, { throwIfNoEntry: false });
  if (found === undefined) throw new Failure(EXIT.usage, `there is no ${source}`);
  return found.isDirectory() ? "folder" : "file";
}

async function readBytes(source: string): Promise<Uint8Array> {
  if (source !== STDIN) return readFileSync(source);
  if (process.stdin.isTTY === true)
    throw new Failure(EXIT.usage, "nothing comes on standard input", {
      hint: "pipe something into it, as in consul kv export app/ | `ledge import - -n shop-prod`",
    });
  return buffer(process.stdin);
}

function readFile(collector: Collector, source: string, bytes: Uint8Array, options: ReadOptions): void {
  const file = source === STDIN ? "standard input" : source;
  const format = options.format ?? guessFormat(file, bytes, options.split);
  switch (format) {
    case "consul":
      readConsul(collector, file, bytes);
      return;
    case "etcd":
      readEtcd(collector, file, bytes);
      return;
    case "configmap":
      readConfigMaps(collector, file, bytes);
      return;
    case "env":
    case "properties":
      readLines(collector, format, { folder: "", file, bytes });
      return;
    default:
      readJson(collector, file, bytes);
  }
}

/** By name where it says something, and else by shape: none of them has the shape of another. */
function guessFormat(file: string, bytes: Uint8Array, split: boolean): ImportFormat {
  const lines = linesFormatOf(file);
  if (lines !== undefined && split) return lines;
  if (lines !== undefined)
    throw new Failure(EXIT.usage, `${file} is one file of many names`, {
      hint: "add --split to make a key of each name, or store the file as it is with `put --file`",
    });
  if (split) throw new Failure(EXIT.usage, "--split is for .env and .properties files, and folders of them");
  if (/\.ya?ml$/i.test(file)) return "configmap";
  return guessByShape(bytes);
}

function guessByShape(bytes: Uint8Array): ImportFormat {
  const { parts } = scanJson(bytes, { partsDepth: 1, levels: Number.POSITIVE_INFINITY });
  const [whole] = parts;
  // What is no JSON is told as JSON with a fault, unless it is the YAML of Kubernetes.
  if (whole === undefined)
    return /^kind:/m.test(Buffer.from(bytes).toString("latin1")) ? "configmap" : "json";
  if (whole.text.startsWith("[")) return "consul";
  const startOf = (name: string) => parts.find(({ path }) => path[0] === name)?.text[0];
  if (startOf("kvs") === "[" || (startOf("header") === "{" && parts.length === 2)) return "etcd";
  return startOf("apiVersion") === '"' && startOf("kind") === '"' ? "configmap" : "json";
}
