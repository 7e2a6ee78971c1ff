/**
 * What a PUT says of its bytes besides their length. Nothing, unless a setting asks for it: every object is read back
 * anyway, and some servers refuse what they do not know. A bucket with Object Lock insists on one of the others.
 */
import { md5 } from "@noble/hashes/legacy.js";
import { parseHex } from "../core/hex.ts";
import { toBase64 } from "./bytes.ts";

export const INTEGRITIES = ["none", "md5", "sha256"] as const;
export type Integrity = (typeof INTEGRITIES)[number];

/** Members of a PutObjectCommand: the header Content-MD5, or x-amz-checksum-sha256. `sha256` of the bytes, in hex. */
export function integrityOf(
  bytes: Uint8Array,
  sha256: string,
  integrity: Integrity,
): { readonly ContentMD5?: string; readonly ChecksumSHA256?: string } {
  switch (integrity) {
    case "none":
      return {};
    case "md5":
      return { ContentMD5: toBase64(md5(bytes)) };
    case "sha256":
      return { ChecksumSHA256: toBase64(parseHex(sha256)) };
  }
}
