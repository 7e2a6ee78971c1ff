/**
 * The state digest: one SHA-256 for all documents of a store at a revision, made a namespace at a time.
 * Promise: two stores have the same digest only if they hold the same documents at the same revisions; the
 * lines may come from a store or out of a bucket, and the work can be put down and taken up between lines.
 *
 * Web Crypto hashes whole buffers only, and a hash in JavaScript is a hundred times slower in the guest; so a
 * namespace's lines are cut into blocks of about 1 MiB, at ends of lines, and the hash is over the blocks'
 * hashes: memory stays bounded and each byte is hashed natively.
 */

import { concat, sha256Bytes, sha256Hex, utf8 } from "../bucket/bytes.ts";
import { formatHex, parseHex } from "../core/hex.ts";
import type { DigestProgress, StateDigest } from "./digest-schema.ts";

const BLOCK_BYTES = 1_048_576;
const NEWLINE = 10;

export interface OpenDigest {
  /** Adds canonical lines (a newline between two, none at the end) of a namespace; namespaces come in order. */
  add(namespace: string, lines: Uint8Array, counts: { keys: number; bytes: number }): Promise<void>;
  end(): Promise<StateDigest>;
  /** What to hand to `openDigest` to go on later. */
  putDown(): { progress: DigestProgress; block: Uint8Array<ArrayBuffer> };
}

export const UNBEGUN: DigestProgress = { done: [], open: null };

/** Begins a digest, or goes on with one that was put down. */
export function openDigest(
  from: { progress: DigestProgress; block: Uint8Array } = { progress: UNBEGUN, block: new Uint8Array(0) },
): OpenDigest {
  const done = [...from.progress.done];
  let open =
    from.progress.open === null
      ? undefined
      : { ...from.progress.open, blocks: [...from.progress.open.blocks] };
  let block: Uint8Array<ArrayBuffer> = new Uint8Array(from.block);
  const close = async () => {
    if (open === undefined) return;
    if (block.length > 0) open.blocks.push(await sha256Hex(block));
    const { namespace, keys, bytes, blocks } = open;
    done.push({ namespace, keys, bytes, sha256: await sha256Hex(concat(blocks.map(parseHex))) });
    open = undefined;
    block = new Uint8Array(0);
  };
  return {
    async add(namespace, lines, { keys, bytes }) {
      if (open?.namespace !== namespace) await close();
      open ??= { namespace, keys: 0, bytes: 0, blocks: [] };
      open.keys += keys;
      open.bytes += bytes;
      const whole = concat([block, lines, Uint8Array.of(NEWLINE)]);
      let at = 0;
      for (;;) {
        const end = whole.indexOf(NEWLINE, at + BLOCK_BYTES - 1);
        if (end < 0) break;
        open.blocks.push(formatHex(await sha256Bytes(whole.subarray(at, end + 1))));
        at = end + 1;
      }
      block = whole.slice(at);
    },
    async end() {
      await close();
      const lines = done.map(
        ({ namespace, keys, bytes, sha256 }) => `${JSON.stringify([namespace, keys, bytes, sha256])}\n`,
      );
      return { sha256: await sha256Hex(utf8(lines.join(""))), namespaces: done };
    },
    putDown: () => ({ progress: { done: [...done], open: open ?? null }, block }),
  };
}
