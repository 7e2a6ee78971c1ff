/** What somebody can do who writes the bucket: other objects under manifests whose hashes fit them. */
import { sha256Hex, utf8 } from "../lib/bucket/bytes.ts";
import type { Signer } from "../lib/snapshot/signature.ts";

/** The line of a manifest with a seal that fits it, signed by a key or by none. */
export async function sealed(line: string, by?: Signer): Promise<Uint8Array> {
  const sha256 = await sha256Hex(utf8(line));
  const seal =
    by === undefined ? { sha256 } : { sha256, keyId: by.keyId, signature: await by.sign(utf8(line)) };
  return utf8(`${line}\n${JSON.stringify(seal)}\n`);
}

/** The newest manifests first. */
export function manifestsOf(objects: ReadonlyMap<string, Uint8Array>): string[] {
  return [...objects.keys()].filter((name) => name.includes("/manifests/")).sort();
}

/** Puts other bytes in the place of an object that the newest manifest names, and has that manifest fit them. */
export async function writeAnew(
  objects: Map<string, Uint8Array>,
  name: string,
  bytes: Uint8Array,
  rawBytes?: number,
): Promise<void> {
  const [newest = ""] = manifestsOf(objects);
  const [line = ""] = Buffer.from(objects.get(newest) ?? [])
    .toString()
    .split("\n");
  const manifest: { objects: { name: string }[] } = JSON.parse(line);
  const sha256 = await sha256Hex(new Uint8Array(bytes));
  const fitting = { sizeBytes: bytes.length, sha256, ...(rawBytes === undefined ? {} : { rawBytes }) };
  const named = manifest.objects.map((object) => (object.name === name ? { ...object, ...fitting } : object));
  objects.set(name, bytes);
  objects.set(newest, await sealed(JSON.stringify({ ...manifest, objects: named })));
}
