/** The command that carries a plan out, with the flags that the plan was made with: it can be typed as it stands. */
import { shellWord } from "../called.ts";
import type { ImportOptions } from "../import/run.ts";

/** Begins with the verb. */
export function applyCommand(source: string, digest: string, options: ImportOptions): string {
  const flags = [
    ["-n", options.namespace],
    ["--prefix", options.prefix],
    ["--strip-prefix", options.stripPrefix],
    ["--format", options.format],
    ["--split", options.split],
    ["--strip-extensions", options.stripExtensions],
    ...(options.exclude ?? []).map((pattern) => ["--exclude", pattern] as const),
    ["--prune", options.prune],
    ["-m", options.message],
    ["--override", options.override],
    ["--plan-digest", digest],
  ] as const;
  const words = flags.flatMap(([flag, value]) =>
    value === undefined || value === false ? [] : value === true ? [flag] : [flag, shellWord(value)],
  );
  return ["apply", shellWord(source), ...words].join(" ");
}
