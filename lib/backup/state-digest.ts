/** The state digest of a live store: its canonical lines, read page by page, and able to be put down between pages. */
import { openDigest, UNBEGUN } from "../snapshot/digest.ts";
import type { DigestAt, StateDigest } from "../snapshot/digest-schema.ts";
import { listStateNamespaces, readStatePage, type StateSource } from "../store/documents/state-pages.ts";
import type { Db } from "../store/sqlite/driver.ts";

const PAGE_BYTES = 2_097_152;

/** A digest of a live store that was put down: where it is, and the block that is not full yet. */
export interface DigestPutDown {
  readonly at: DigestAt;
  readonly block: Uint8Array;
}

export const DIGEST_START: DigestPutDown = { at: { after: null, digest: UNBEGUN }, block: new Uint8Array(0) };

/**
 * Reads the state of the source page by page, from where it was put down. After each page `goesOn` is asked; at a
 * no the rest is for later.
 */
export async function readDigest(
  db: Db,
  source: StateSource,
  { from, goesOn }: { from: DigestPutDown; goesOn: () => boolean },
): Promise<{ readonly whole: StateDigest } | { readonly whole: undefined; readonly putDown: DigestPutDown }> {
  const digest = openDigest({ progress: from.at.digest, block: from.block });
  const { after } = from.at;
  for (const namespace of listStateNamespaces(db)) {
    if (after !== null && namespace < after.namespace) continue;
    for (let key = namespace === after?.namespace ? after.key : ""; ; ) {
      const page = readStatePage(db, source, { namespace, afterKey: key, maxBytes: PAGE_BYTES });
      if (page === undefined) break;
      await digest.add(namespace, page.text, page);
      key = page.lastKey;
      if (goesOn()) continue;
      const { progress, block } = digest.putDown();
      return { whole: undefined, putDown: { at: { after: { namespace, key }, digest: progress }, block } };
    }
  }
  return { whole: await digest.end() };
}

/** The digest of the whole state of the source; `beat` is called with each page. */
export async function digestState(db: Db, source: StateSource, beat?: () => void): Promise<StateDigest> {
  const goesOn = () => {
    beat?.();
    return true;
  };
  const { whole } = await readDigest(db, source, { from: DIGEST_START, goesOn });
  if (whole === undefined) throw new Error("a digest that always goes on was put down");
  return whole;
}
