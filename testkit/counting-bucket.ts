/** A bucket in memory that counts what it is asked; sorted by folder, since days of ticks make many names. */
import type { Bucket } from "../lib/bucket/bucket.ts";

export interface CountedCalls {
  readonly put: number;
  readonly get: number;
  readonly list: number;
  readonly remove: number;
}

export interface CountingBucket extends Bucket {
  /** Since the start or the last `forget`. */
  asked(): CountedCalls;
  forget(): void;
  heldBytes(): number;
}

const PAGE = 1000;

export function countingBucket(): CountingBucket {
  const folders = new Map<string, Map<string, Uint8Array>>();
  let counts = { put: 0, get: 0, list: 0, remove: 0 };
  const folderOf = (name: string) => {
    const path = name.slice(0, name.lastIndexOf("/") + 1);
    const folder = folders.get(path) ?? new Map<string, Uint8Array>();
    folders.set(path, folder);
    return folder;
  };
  return {
    async put(name, bytes) {
      counts.put += 1;
      folderOf(name).set(name, new Uint8Array(bytes));
    },
    async get(name) {
      counts.get += 1;
      const bytes = folderOf(name).get(name);
      return bytes === undefined ? undefined : new Uint8Array(bytes);
    },
    async list(prefix) {
      const names = [...folders]
        .filter(([path]) => path.startsWith(prefix) || prefix.startsWith(path))
        .flatMap(([, folder]) => [...folder.keys()])
        .filter((name) => name.startsWith(prefix))
        .sort();
      counts.list += Math.max(1, Math.ceil(names.length / PAGE));
      return names;
    },
    async remove(name) {
      counts.remove += 1;
      folderOf(name).delete(name);
    },
    async folders() {
      counts.list += 1;
      return [...new Set([...folders.keys()].map((path) => path.split("/")[0] ?? ""))];
    },
    asked: () => ({ ...counts }),
    forget() {
      counts = { put: 0, get: 0, list: 0, remove: 0 };
    },
    heldBytes() {
      let bytes = 0;
      for (const folder of folders.values()) for (const object of folder.values()) bytes += object.length;
      return bytes;
    },
  };
}
