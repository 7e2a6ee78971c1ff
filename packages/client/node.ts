/** For Node, Deno and Bun: a place for the last known good documents in a file. */
import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import type { Keep } from "./known.ts";

/** The file is replaced whole, readable for its owner alone; one that is not there is empty. */
export function keepInFile(path: string): Keep {
  return {
    load: () =>
      readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      }),
    async save(text) {
      const beside = `${path}.${randomUUID()}.new`;
      try {
        const file = await open(beside, "wx", 0o600);
        try {
          await file.writeFile(text);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(beside, path);
      } catch (error) {
        await rm(beside, { force: true });
        throw error;
      }
    },
  };
}
