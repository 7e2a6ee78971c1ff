/**
 * Real documents: the compatibility records of @mdn/browser-compat-data, one a record, key = its path.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface RecordSet {
  readonly version: string;
  /** Key to JSON text, in the order of the package. */
  readonly records: ReadonlyMap<string, string>;
}

const require = createRequire(import.meta.url);

/** Reads a package's records; with `every` above 1 only each so-manieth one. */
export function readRecords(packageName: string, every = 1): RecordSet {
  const file = join(dirname(require.resolve(packageName)), "data.json");
  const data: unknown = JSON.parse(readFileSync(file, "utf8"));
  const records = new Map<string, string>();
  let seen = 0;
  walk(data, [], (path, record) => {
    if (seen % every === 0) records.set(path.join("/"), JSON.stringify(record));
    seen += 1;
  });
  return { version: versionOf(data), records };
}

/** The same as a JSON object, key to value, as `ledge import FILE -n NAMESPACE` takes it. */
export function asJsonObject({ records }: RecordSet): string {
  const members = [...records].map(([key, json]) => `${JSON.stringify(key)}:${json}`);
  return `{${members.join(",\n")}}`;
}

function walk(value: unknown, path: string[], found: (path: string[], record: unknown) => void): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (name === "__compat") found(path, member);
    else walk(member, [...path, name], found);
  }
}

function versionOf(data: unknown): string {
  if (typeof data !== "object" || data === null || !("__meta" in data)) return "unknown";
  const meta = data.__meta;
  return typeof meta === "object" && meta !== null && "version" in meta ? String(meta.version) : "unknown";
}
