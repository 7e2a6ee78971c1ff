/**
 * The state digest: one SHA-256 for all documents of a store at a revision, made a namespace at a time.
 * Promise: two stores have the same digest only if they hold the same documents at the same revisions.
 *
 * Web Crypto hashes whole buffers only, and a hash in JavaScript is a hundred times slower in the guest; so a
 * namespace's lines are cut into blocks of about 1 MiB, at ends of lines, and the hash is over the blocks'
 * hashes: memory stays bounded and each byte is hashed natively.
 */
import { formatHex } from "../core/hex.ts";
import type { Db } from "../store/driver.ts";
import { listStateNamespaces, readStatePage, type StateSource } from "../store/state-pages.ts";
import { concat, sha256Bytes, sha256Hex, utf8 } from "./bytes.ts";

const BLOCK_BYTES = 1_048_576;
const PAGE_BYTES = 2_097_152;
const NEWLINE = 10;

export interface NamespaceState {
  readonly namespace: string;
  readonly keys: number;
  readonly bytes: number;
}

export interface StateDigest {
  readonly sha256: string;
  /** Namespaces that hold documents. */
  readonly namespaces: readonly NamespaceState[];
}

/** Reads the whole state of the source, page by page. */
export async function digestState(db: Db, source: StateSource): Promise<StateDigest> {
  const lines: string[] = [];
  const namespaces: NamespaceState[] = [];
  for (const namespace of listStateNamespaces(db)) {
    const blocks = lineBlocks();
    let keys = 0;
    let bytes = 0;
    for (let afterKey = ""; ; ) {
      const page = readStatePage(db, source, { namespace, afterKey, maxBytes: PAGE_BYTES });
      if (page === undefined) break;
      await blocks.add(page.text);
      keys += page.keys;
      bytes += page.bytes;
      afterKey = page.lastKey;
    }
    if (keys === 0) continue;
    lines.push(`${JSON.stringify([namespace, keys, bytes, await blocks.end()])}\n`);
    namespaces.push({ namespace, keys, bytes });
  }
  return { sha256: await sha256Hex(utf8(lines.join(""))), namespaces };
}

/** A block ends with the line in which it reaches 1 MiB; the last one wherever the lines end. */
function lineBlocks(): { add(lines: Uint8Array): Promise<void>; end(): Promise<string> } {
  const hashes: Uint8Array[] = [];
  let open: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  return {
    async add(lines) {
      open = concat([open, lines, Uint8Array.of(NEWLINE)]);
      for (;;) {
        const end = open.indexOf(NEWLINE, BLOCK_BYTES - 1);
        if (end < 0) return;
        hashes.push(await sha256Bytes(open.slice(0, end + 1)));
        open = open.slice(end + 1);
      }
    },
    async end() {
      if (open.length > 0) hashes.push(await sha256Bytes(open));
      return formatHex(await sha256Bytes(concat(hashes)));
    },
  };
}
