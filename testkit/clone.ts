/** A store's file copied as a machine snapshot or `cp` would: the same lineage, the same catalogue. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type NodeDb, openNodeDb } from "../lib/store/sqlite/driver-node.ts";
import { testFolder } from "./host.ts";
import { checkStore } from "./store.ts";

export function cloneStore(db: NodeDb): NodeDb {
  return openImage(db.raw.serialize());
}

/** A store out of the bytes of its file. */
export function openImage(image: Buffer): NodeDb {
  const file = join(testFolder(), "clone.db");
  writeFileSync(file, image);
  const clone = openNodeDb(file);
  onTestFinished(() => {
    checkStore(clone);
    clone.close();
  });
  return clone;
}
