/** The life that a store opens with its next commit: a name and numbers that nobody else has. */
import { formatHex } from "../../core/hex.ts";
import { EPOCH_STRIDE } from "../../core/revision.ts";
import type { NewEpoch } from "../../store/catalogue/epoch.ts";

/** A random lineage that begins somewhere in the lower half of the epoch's numbers. */
export function newEpoch(
  epoch: number,
  { randomBytes }: { randomBytes(length: number): Uint8Array },
): NewEpoch {
  const start = randomBytes(8).reduce((number, byte) => (number * 256 + byte) % 2 ** 39, 0);
  return { lineage: formatHex(randomBytes(16)), epoch, firstRevision: epoch * EPOCH_STRIDE + start };
}
