/** What an export and a restore say of keys that no file can have as its name. */
import { countWords, say } from "../output.ts";
import { INDEX_FILE } from "./natural-name.ts";

export function sayIndexed(names: number): void {
  if (names > 0)
    say(`  ${countWords(names, "key")} that cannot be a file's name: ${INDEX_FILE} says which file is which`);
}
