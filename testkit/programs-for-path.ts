/** A folder of small shell programs for PATH: `ledge` as it is built, and what stands in for programs of others. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "./processes.ts";

/** Gives the PATH with them in front. `scripts` are bodies of shell scripts by name. */
export function pathWith(folder: string, scripts: Readonly<Record<string, string>>): string {
  mkdirSync(folder, { recursive: true });
  const programs = {
    ledge: `exec '${process.execPath}' '${join(root, "dist/programs/cli.mjs")}' "$@"`,
    ...scripts,
  };
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return `${folder}${delimiter}${process.env.PATH}`;
}
