/** Files as changes: each on what stands at its key now. What is there already as it is, is left out. */
import { listFolderDocuments } from "../../app/store.ts";
import { documentThere } from "../../changes/document-there.ts";
import type { WantedChange } from "../../changes/wanted.ts";
import { sameBytes } from "../../editor/document-text.ts";
import type { FileDocument } from "./files.ts";

const AT_ONCE = 6;

export async function wantedFiles(
  documents: readonly FileDocument[],
  { namespace, prefix }: { namespace: string; prefix: string },
): Promise<WantedChange[]> {
  const there = new Set((await listFolderDocuments(namespace, prefix)).map(({ key }) => key));
  const wanted: WantedChange[] = [];
  for (let at = 0; at < documents.length; at += AT_ONCE)
    wanted.push(
      ...(await Promise.all(
        documents.slice(at, at + AT_ONCE).map(async ({ path, mediaType, bytes }): Promise<WantedChange> => {
          const key = prefix + path;
          const before = there.has(key) ? await documentThere(namespace, key) : undefined;
          return { op: "put", namespace, key, mediaType, bytes, before, ifRevision: before?.revision ?? 0 };
        }),
      )),
    );
  const changed = wanted.filter(
    (one) =>
      one.op === "put" &&
      (one.before === undefined ||
        one.before.mediaType !== one.mediaType ||
        !sameBytes(one.bytes, one.before.bytes)),
  );
  if (changed.length === 0) throw new Error("All of it is there already, as it is.");
  return changed;
}
