/**
 * The bundled server writes objects in place, and reads their size before it opens them. Here an object takes its name
 * once it is whole, and what is read is of one version: nobody sees half of one, and an upload that was cut leaves none.
 */
import { randomBytes } from "node:crypto";
import { fstat } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { promisify } from "node:util";
import type { ObjectStore, StoredObject } from "@20minutes/s3rver";

const statOf = promisify(fstat);

/** Changes a store's ways of writing and reading. */
export function keepObjectsWhole(store: ObjectStore): void {
  const { putContent, getObject } = store;
  store.putContent = async (path, content) => {
    // The server lists names by their ending, and this one is not theirs.
    const part = `${path}.${randomBytes(6).toString("hex")}.part`;
    try {
      const written = await putContent.call(store, part, content);
      await rename(part, path);
      return written;
    } finally {
      await rm(part, { force: true });
    }
  };
  store.getObject = async (...asked) => {
    for (;;) {
      const found = await getObject.call(store, ...asked);
      if (await isOneVersion(found)) return found;
      found?.content?.destroy();
    }
  };
}

/** False when another version was written between the look at the size and the opening. */
async function isOneVersion(found: StoredObject | null): Promise<boolean> {
  const descriptor = found?.content?.fd;
  if (found === null || typeof descriptor !== "number") return true;
  return (await statOf(descriptor)).size === Number(found.metadata["content-length"]);
}
