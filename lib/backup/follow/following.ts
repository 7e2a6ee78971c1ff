/**
 * Reading in spite of damage. Promise: where an object turns out to be damaged or missing, the next older manifest that
 * does without is taken, and the object is named; where there is none, that fault is thrown. Nothing is taken from a
 * manifest below one that was taken from before.
 */
import { type BucketFault, isDamage } from "../../bucket/bucket.ts";
import type { ReadManifest } from "../../snapshot/read.ts";
import { type Choosing, chooseNewest } from "./choose.ts";
import type { RequireContinued } from "./continued.ts";
import type { Ratchet } from "./known.ts";
import { SourceRefused } from "./refused.ts";
import type { ManifestWatch } from "./watch.ts";

/** What all lanes of one source share. */
export interface Following {
  readonly choosing: Choosing;
  readonly watch: ManifestWatch;
  readonly ratchet: Ratchet;
  readonly requireContinued: RequireContinued;
  /** About how much a page holds. */
  readonly maxBytes: number;
}

/**
 * Does the work with the newest manifest, or with the newest one that can be read; `passedOver` is then the damage because
 * of which it is not the newest. `thorough` is about the look for it. Throws SourceRefused and BucketFault.
 */
export async function withNewest<T>(
  { choosing, watch, ratchet, requireContinued }: Following,
  work: (read: ReadManifest, passedOver: BucketFault | undefined) => Promise<T>,
  { thorough = false }: { readonly thorough?: boolean } = {},
): Promise<T> {
  const damage: BucketFault[] = [];
  for (;;) {
    const [first] = damage;
    try {
      const read =
        first === undefined ? await watch.newest(thorough) : (await chooseNewest(choosing, damage)).read;
      ratchet.requireNotLower(read);
      await requireContinued(read, ratchet.known());
      return await work(read, first);
    } catch (error) {
      if (error instanceof SourceRefused) throw first ?? error;
      if (!isDamage(error)) throw error;
      if (damage.some(({ object }) => object === error.object)) throw first ?? error;
      choosing.onDamage?.(error);
      damage.push(error);
    }
  }
}
