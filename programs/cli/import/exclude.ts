/** What an import leaves alone: patterns as in .gitignore, of `--exclude` and of `.ledgeignore` files. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ignore, { type Ignore } from "ignore";
import { IGNORE_FILE } from "../tree/natural-name.ts";

/**
 * Judges paths of the source. A folder's own `.ledgeignore` counts, and without a namespace named also the one in the
 * folder of each namespace, for what lies below it.
 */
export function openExclude(
  patterns: readonly string[],
  tree: { readonly root: string; readonly hasNamespaceFolders: boolean } | undefined,
): (path: string) => boolean {
  const whole = matcher([...patterns]);
  const ofNamespaces = new Map<string, Ignore>();
  if (tree !== undefined) whole.add(readPatterns(tree.root));
  const judgeBelow = (path: string): boolean => {
    const slash = path.indexOf("/");
    if (tree === undefined || !tree.hasNamespaceFolders || slash < 0 || slash === path.length - 1)
      return false;
    const name = path.slice(0, slash);
    const own = ofNamespaces.get(name) ?? matcher(readPatterns(join(tree.root, name)));
    ofNamespaces.set(name, own);
    return own.ignores(path.slice(slash + 1));
  };
  return (path) => {
    // Keys may begin with a slash; patterns have none there.
    const relative = path.replace(/^\/+/, "");
    return relative !== "" && (whole.ignores(relative) || judgeBelow(relative));
  };
}

function matcher(patterns: string[]): Ignore {
  return ignore({ allowRelativePaths: true, ignorecase: false }).add(patterns);
}

function readPatterns(folder: string): string[] {
  const file = join(folder, IGNORE_FILE);
  return existsSync(file) ? readFileSync(file, "utf8").split(/\r?\n/) : [];
}
