/**
 * Keys as file names, and back. One rule both ways: the segments of a key are folders, the last one is the
 * file, and the file's last extension is the media type. `limits/api` as JSON is `limits/api.json`.
 *
 * Bytes that file systems treat specially are percent-encoded: everything but letters, digits and `._-@+=,~!`;
 * an empty segment is `%00` (no key holds NUL), a segment of dots never stays one, and a long one is broken by
 * `%+` at the end of a piece. So no key leaves its folder, and every key comes back from its name.
 * Knows nothing of disks: whoever writes refuses names that differ only in case, and never follows links.
 */
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** Longest piece of a name that is written, below the 255 bytes of common file systems. */
const PIECE_MAX = 200;

const EXTENSIONS: Readonly<Record<string, string>> = {
  "application/json": "json",
  "text/plain": "txt",
  "text/html": "html",
  "text/css": "css",
  "text/javascript": "js",
  "text/markdown": "md",
  "text/csv": "csv",
  "text/xml": "xml",
  "application/yaml": "yaml",
  "application/toml": "toml",
  "application/octet-stream": "bin",
};
const MEDIA_TYPES = new Map(Object.entries(EXTENSIONS).map(([type, extension]) => [extension, type]));
const OTHER_TYPE = ".type-";

/** A key and its media type, as a file name says them. */
export interface NamedDocument {
  readonly key: string;
  readonly mediaType: string;
}

/** The path of a document's file, relative, with `/` between folders. */
export function formatFileName({ key, mediaType }: NamedDocument): string {
  const segments = key.split("/");
  const last = segments.pop() ?? "";
  const folders = segments.map((segment) => pieces(shieldFolder(encodeSegment(segment))));
  return [...folders, pieces(encodeSegment(last)) + extensionOf(mediaType)].join("/");
}

/**
 * The document that a relative path names. A file without an extension of ours keeps its whole name as key and
 * has no media type (undefined): whoever imports looks at the bytes. Undefined for a path that no key gives:
 * an escape that is not one, a segment `.` or `..`, bytes that are not UTF-8.
 */
export function parseFileName(path: string): { key: string; mediaType: string | undefined } | undefined {
  const names = path.split("/");
  const file = names.pop() ?? "";
  const { stem, mediaType } = splitExtension(file);
  const joined = [...names, stem].join("/").replaceAll("%+/", "");
  const segments = joined.split("/").map(decodeSegment);
  const key: string[] = [];
  for (const segment of segments) {
    if (segment === undefined) return undefined;
    key.push(segment);
  }
  return { key: key.join("/"), mediaType };
}

function extensionOf(mediaType: string): string {
  const known = EXTENSIONS[mediaType];
  return known === undefined ? OTHER_TYPE + encodeSegment(mediaType) : `.${known}`;
}

function splitExtension(file: string): { stem: string; mediaType: string | undefined } {
  const other = file.lastIndexOf(OTHER_TYPE);
  if (other > 0)
    return { stem: file.slice(0, other), mediaType: decodeSegment(file.slice(other + OTHER_TYPE.length)) };
  const dot = file.lastIndexOf(".");
  const mediaType = dot > 0 ? MEDIA_TYPES.get(file.slice(dot + 1)) : undefined;
  return mediaType === undefined ? { stem: file, mediaType } : { stem: file.slice(0, dot), mediaType };
}

/** A folder that looks like a document's file would collide with it: `x` as JSON beside `x.json/y`. */
function shieldFolder(encoded: string): string {
  if (splitExtension(encoded).mediaType === undefined) return encoded;
  const dot = encoded.lastIndexOf(".");
  return `${encoded.slice(0, dot)}%2E${encoded.slice(dot + 1)}`;
}

function encodeSegment(segment: string): string {
  if (segment === "") return "%00";
  let encoded = "";
  for (const byte of encodeUtf8(segment)) {
    const letter = String.fromCharCode(byte);
    encoded += /[A-Za-z0-9._\-@+=,~!]/.test(letter) ? letter : percent(byte);
  }
  // A leading dot hides a file or leaves the folder, a trailing one is dropped by some file systems.
  if (encoded.startsWith(".")) encoded = `%2E${encoded.slice(1)}`;
  if (encoded.endsWith(".")) encoded = `${encoded.slice(0, -1)}%2E`;
  return encoded.includes(OTHER_TYPE) ? encoded.replaceAll(OTHER_TYPE, "%2Etype-") : encoded;
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}

/** Breaks a long segment into nested folders, never inside an escape. */
function pieces(encoded: string): string {
  const parts: string[] = [];
  let rest = encoded;
  while (rest.length > PIECE_MAX) {
    let cut = PIECE_MAX;
    if (rest[cut - 1] === "%") cut -= 1;
    else if (rest[cut - 2] === "%") cut -= 2;
    parts.push(`${rest.slice(0, cut)}%+`);
    rest = rest.slice(cut);
  }
  return [...parts, rest].join("/");
}

function decodeSegment(encoded: string): string | undefined {
  if (encoded === "%00") return "";
  if (encoded === "" || encoded === "." || encoded === "..") return undefined;
  const bytes: number[] = [];
  const literal = encodeUtf8(encoded);
  for (let at = 0; at < literal.length; at += 1) {
    const byte = literal[at] ?? 0;
    if (byte !== 0x25) {
      bytes.push(byte);
      continue;
    }
    const digits = String.fromCharCode(literal[at + 1] ?? 0, literal[at + 2] ?? 0);
    if (!/^[0-9A-Fa-f]{2}$/.test(digits) || digits === "00") return undefined;
    bytes.push(Number.parseInt(digits, 16));
    at += 2;
  }
  return decodeUtf8(Uint8Array.from(bytes));
}
