/** Places for the last known good documents. */
import type { Keep } from "./known.ts";

/** What browsers and others have as `localStorage`. */
interface TextStorage {
  getItem(name: string): string | null;
  setItem(name: string, text: string): void;
}

export function keepIn(storage: TextStorage, name = "ledge"): Keep {
  return {
    load: () => storage.getItem(name),
    save: (text) => storage.setItem(name, text),
  };
}
