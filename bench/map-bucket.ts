/** A bucket in a map that counts what it is asked, by the kinds that price lists know. */
import type { Bucket } from "../lib/backup/bucket.ts";

export interface Asked {
  puts: number;
  gets: number;
  lists: number;
  deletes: number;
  putBytes: number;
}

export interface MapBucket extends Bucket {
  readonly asked: Asked;
  /** Bytes that lie there now. */
  heldBytes(): number;
}

export function mapBucket(): MapBucket {
  const held = new Map<string, Uint8Array>();
  const asked: Asked = { puts: 0, gets: 0, lists: 0, deletes: 0, putBytes: 0 };
  return {
    asked,
    heldBytes: () => [...held.values()].reduce((sum, { length }) => sum + length, 0),
    async put(name, bytes) {
      asked.puts += 1;
      asked.putBytes += bytes.length;
      held.set(name, new Uint8Array(bytes));
    },
    async get(name) {
      asked.gets += 1;
      const bytes = held.get(name);
      return bytes === undefined ? undefined : new Uint8Array(bytes);
    },
    async list(prefix, after = "") {
      asked.lists += 1;
      const names = [...held.keys()].filter((name) => name.startsWith(prefix) && name > after).sort();
      return { names: names.slice(0, 1000), more: names.length > 1000 };
    },
    async remove(name) {
      asked.deletes += 1;
      held.delete(name);
    },
    async folders() {
      asked.lists += 1;
      return [...new Set([...held.keys()].map((name) => name.split("/")[0] ?? ""))];
    },
  };
}
