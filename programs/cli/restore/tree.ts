/** `ledge restore --to-dir`: documents at the point as files, by the rule of `ledge export`; no store is left. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eachDocument, listOwnNamespaces } from "../../../lib/store/restore/documents.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { TreeWriter } from "../tree/writer.ts";
import { fillFile, type RestoreWish, withTemporary } from "./wish.ts";

export interface TreeReport {
  readonly revision: number;
  readonly documents: number;
  readonly bytes: number;
  /** Documents whose key stands in an index, because no file can have it as a name. */
  readonly indexed: number;
  /** As RestoreReport has it. */
  readonly damaged?: readonly string[] | undefined;
}

/** Writes below a folder that is empty or not there yet. Namespaces of Ledge's own are left out. */
export async function restoreToTree(
  wish: RestoreWish,
  dir: string,
  options: { readonly namespaces: readonly string[] | undefined; readonly foldCase: boolean },
): Promise<TreeReport> {
  const writer = new TreeWriter(dir, { foldCase: options.foldCase, addExtensions: false });
  const folder = mkdtempSync(join(tmpdir(), "ledge-restore-"));
  const file = join(folder, "restored.db");
  try {
    return await withTemporary(file, async () => {
      const { report } = await fillFile(file, wish, false);
      const { revision, damaged } = report;
      return { revision, damaged, ...writeDocuments(file, writer, options.namespaces) };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeDocuments(
  file: string,
  writer: TreeWriter,
  asked: readonly string[] | undefined,
): Omit<TreeReport, "revision" | "damaged"> {
  const db = openNodeDb(file, { readonly: true });
  let documents = 0;
  let bytes = 0;
  try {
    for (const namespace of listOwnNamespaces(db)) {
      if (asked !== undefined && !asked.includes(namespace)) continue;
      for (const document of eachDocument(db, namespace)) {
        writer.write(document);
        documents += 1;
        bytes += document.bytes.length;
      }
    }
  } finally {
    db.close();
  }
  return { documents, bytes, indexed: writer.finish() };
}
