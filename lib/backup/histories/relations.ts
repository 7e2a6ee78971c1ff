/** The histories in a bucket, by their heads, and how each is related to the live store. */

import type { Bucket } from "../../bucket/bucket.ts";
import { formatTime } from "../../core/time.ts";
import { listHeads, readLineageHead } from "../../snapshot/heads.ts";
import { isIgnored, readExportedStore } from "../../store/catalogue/catalogue.ts";
import { listAncestry } from "../../store/documents/export-pages.ts";
import type { Db } from "../../store/sqlite/driver.ts";

export interface Relation {
  readonly lineage: string;
  readonly epoch: number;
  readonly revision: number;
  /** When its newest manifest was written. */
  readonly written: string;
  /** `beside`: it shares history with this store and went another way. */
  readonly relation: "this" | "ancestor" | "beside" | "foreign" | "unreadable";
  /** A person has told this store to let it be. */
  readonly ignored: boolean;
}

/** Reads every head under the prefix. Throws BucketFault. */
export async function listRelations(db: Db, bucket: Bucket, target: string): Promise<Relation[]> {
  const store = readExportedStore(db);
  const own = new Set(listAncestry(db).map(({ lineage }) => lineage));
  const branches: Relation[] = [];
  for (const lineage of await listHeads(bucket)) {
    const head = await readLineageHead(bucket, lineage);
    const ignored = isIgnored(db, { target, lineage: store.lineage, other: lineage });
    if (head === undefined) {
      branches.push({
        lineage,
        epoch: 0,
        revision: 0,
        written: formatTime(0),
        relation: "unreadable",
        ignored,
      });
      continue;
    }
    const shares = head.ancestry.some((one) => own.has(one.lineage));
    const relation =
      lineage === store.lineage ? "this" : own.has(lineage) ? "ancestor" : shares ? "beside" : "foreign";
    const { epoch, revision, written } = head;
    branches.push({ lineage, epoch, revision, written, relation, ignored });
  }
  return branches;
}
