/** What lies in a data folder, as bytes: the objects of the bundled bucket, and whether a value stands anywhere. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gunzipSync } from "node:zlib";

/** SHA-256 of each object of a bundled bucket, by the path of its file. */
export function hashesIn(bucket: string): Record<string, string> {
  const objects = filesIn(bucket).filter((file) => file.endsWith("_object"));
  const hash = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
  return Object.fromEntries(objects.sort().map((file) => [relative(bucket, file), hash(file)]));
}

/** The bytes of every file below a folder, unpacked where it is packed. */
export function bytesBelow(folder: string): Buffer[] {
  return filesIn(folder).map((file) => {
    const bytes = readFileSync(file);
    return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  });
}

/** Whether a value stands in them, as it is or in base64. */
export function holds(pieces: readonly Buffer[], base64: string): boolean {
  const bytes = Buffer.from(base64, "base64");
  return pieces.some((piece) => piece.includes(bytes) || piece.includes(base64));
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
