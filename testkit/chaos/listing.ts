/**
 * ListObjectsV2: prefix, delimiter, start-after, continuation-token, max-keys. Common prefixes count as entries, as S3
 * has it. In order of bytes, or in an order of the server's own as Storj and S3 Express One Zone have it.
 */
import { createHash } from "node:crypto";
import type { ObjectVersions } from "./objects.ts";
import { ChaosRefusal, element } from "./refusals.ts";

interface Entry {
  /** A name or a common prefix. */
  readonly text: string;
  readonly common: boolean;
}

const KEYS_MAX = 1000;

export interface ListDialect {
  /** `hash`: an order of the server's own; then it knows no start-after, and lists nothing but folders. */
  readonly order: "bytes" | "hash";
  /** The most names of a page, whatever a client asks for. */
  readonly pageSize?: number;
}

/** The list's XML. `ago` shows the names of that many writing operations before. */
export function listDocument(
  objects: ObjectVersions,
  {
    bucket,
    query,
    ago,
    dialect,
  }: { bucket: string; query: Readonly<Record<string, string>>; ago: number; dialect: ListDialect },
): string {
  if (query["list-type"] !== "2") throw new ChaosRefusal(501, "NotImplemented");
  const prefix = query.prefix ?? "";
  const delimiter = query.delimiter ?? "";
  const maxKeys = Math.min(dialect.pageSize ?? KEYS_MAX, Number(query["max-keys"] ?? KEYS_MAX));
  if (!Number.isInteger(maxKeys) || maxKeys < 0) throw new ChaosRefusal(400, "InvalidArgument");
  if (dialect.order === "hash" && (query["start-after"] !== undefined || !/^$|\/$/.test(prefix)))
    throw new ChaosRefusal(400, "InvalidRequest");
  const after = tokenStart(query["continuation-token"]);
  const startAfter = after === "" ? (query["start-after"] ?? "") : "";
  const place = dialect.order === "hash" ? hashOf : (text: string) => text;
  const isAfter = (text: string, start: string) => start === "" || isLater(place(text), place(start));
  const names = objects.names(ago).filter((name) => name.startsWith(prefix) && isAfter(name, startAfter));
  const entries = entriesOf(names, prefix, delimiter)
    .filter(({ text }) => isAfter(text, after))
    .sort((left, right) => (isLater(place(left.text), place(right.text)) ? 1 : -1));
  const page = entries.slice(0, maxKeys);
  const truncated = entries.length > page.length && maxKeys > 0;
  const last = page.at(-1);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    element("Name", bucket),
    element("Prefix", prefix),
    delimiter === "" ? "" : element("Delimiter", delimiter),
    query["start-after"] === undefined ? "" : element("StartAfter", query["start-after"]),
    element("MaxKeys", String(maxKeys)),
    element("KeyCount", String(page.length)),
    element("IsTruncated", String(truncated)),
    truncated && last !== undefined ? element("NextContinuationToken", tokenOf(last.text)) : "",
    ...page.map(({ text, common }) =>
      common ? `<CommonPrefixes>${element("Prefix", text)}</CommonPrefixes>` : contents(objects, text, ago),
    ),
    "</ListBucketResult>",
  ].join("");
}

function entriesOf(names: readonly string[], prefix: string, delimiter: string): Entry[] {
  if (delimiter === "") return names.map((text) => ({ text, common: false }));
  const entries = new Map<string, Entry>();
  for (const name of names) {
    const end = name.indexOf(delimiter, prefix.length);
    const text = end < 0 ? name : name.slice(0, end + delimiter.length);
    entries.set(text, { text, common: end >= 0 });
  }
  return [...entries.values()];
}

function contents(objects: ObjectVersions, name: string, ago: number): string {
  const held = objects.find(name, ago);
  if (held === undefined) return "";
  const etag = createHash("md5").update(held.bytes).digest("hex");
  return `<Contents>${element("Key", name)}${element("LastModified", held.modified.toISOString())}${element("ETag", `"${etag}"`)}${element("Size", String(held.bytes.length))}<StorageClass>STANDARD</StorageClass></Contents>`;
}

/** Where a page before this one ended: a name, or a common prefix with all that is in it. */
function tokenStart(token: string | undefined): string {
  if (token === undefined) return "";
  const match = /^t-([0-9a-f]*)$/.exec(token);
  if (match === null) throw new ChaosRefusal(400, "InvalidArgument");
  return Buffer.from(match[1] ?? "", "hex").toString();
}

/** Opaque to clients, as a real one is. */
function tokenOf(text: string): string {
  return `t-${Buffer.from(text).toString("hex")}`;
}

function isLater(text: string, other: string): boolean {
  return Buffer.compare(Buffer.from(text), Buffer.from(other)) > 0;
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
