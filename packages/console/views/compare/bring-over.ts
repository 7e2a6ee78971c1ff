/** The commit that makes keys of one side like those of the other, and only while that side is as it was compared. */
import type { DiffEntry } from "../../../../lib/api/document-answers.ts";

export interface Sides {
  /** The namespace that is changed. */
  readonly target: string;
  /** What it is made like, in words. */
  readonly left: string;
}

/** `before` is how a key is to be, `after` how it is now; a side without a document has none. */
export function changesOver({ target: namespace }: Sides, entries: readonly DiffEntry[]) {
  return entries.map(({ key, before, after }) => {
    const ifRevision = after?.revision ?? 0;
    if (before === undefined) return { op: "delete" as const, namespace, key, ifRevision };
    const { mediaType, text, base64 } = before;
    const bytes = text === undefined ? { base64: base64 ?? "" } : { text };
    return { op: "put" as const, namespace, key, mediaType, ifRevision, ...bytes };
  });
}
