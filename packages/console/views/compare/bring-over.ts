/** The changes that make keys of one side like those of the other, and only while that side is as it was compared. */
import type { DiffEntry } from "../../../../lib/api/document-answers.ts";
import type { WantedChange } from "../../changes/wanted.ts";
import { shownBytes } from "../../parts/shown-bytes.ts";

/** `before` is how a key is to be, `after` how it is now; a side without a document has none. */
export function changesOver(namespace: string, entries: readonly DiffEntry[]): WantedChange[] {
  return entries.map(({ key, before: wanted, after }) => {
    const place = { namespace, key, ifRevision: after?.revision ?? 0, before: shownBytes(after) };
    const put = shownBytes(wanted);
    return put === undefined ? { op: "delete", ...place } : { op: "put", ...place, ...put };
  });
}
