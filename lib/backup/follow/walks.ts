/**
 * Walks through a snapshot that wait for whoever asks for their next part. Promise: a walk is gone on with only where it
 * stands; whoever asks for another place begins a new one, so that nothing is lost with a walk that was dropped.
 */
import type { ReadManifest } from "../../snapshot/read.ts";
import { type Reach, unlessAborted } from "./reach.ts";

export interface Walk<Part> {
  readonly read: ReadManifest;
  readonly reach: Reach;
  readonly parts: AsyncGenerator<Part>;
}

export interface Walks<Part> {
  /** The namespace's walk, where it stands at that place. It is no longer kept. */
  take(namespace: string, at: string): Walk<Part> | undefined;
  keep(namespace: string, at: string, walk: Walk<Part>): void;
}

/** Each holds some of what it read; the one that was begun first is dropped. */
const KEPT_MAX = 16;

export function openWalks<Part>(): Walks<Part> {
  const kept = new Map<string, { readonly at: string; readonly walk: Walk<Part> }>();
  return {
    take(namespace, at) {
      const found = kept.get(namespace);
      kept.delete(namespace);
      return found?.at === at ? found.walk : undefined;
    },
    keep(namespace, at, walk) {
      kept.set(namespace, { at, walk });
      const [first] = kept.keys();
      if (kept.size > KEPT_MAX && first !== undefined) kept.delete(first);
    },
  };
}

/** The next part. Aborted, the walk asks the bucket for nothing more. */
export async function nextPart<Part>({ parts, reach }: Walk<Part>, signal: AbortSignal): Promise<Part> {
  const { done, value } = await unlessAborted(() => parts.next(), signal, reach.stop);
  if (done === true) throw new Error("a walk has ended before its last part");
  return value;
}
