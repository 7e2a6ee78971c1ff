/** The programs that judge the files in deploy/ (scripts/install-deploy-tools.mjs brings them). */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./processes.ts";

const bin = join(root, ".cache", "deploy-tools-1", "bin");

/** Why there is nothing to judge with; undefined where there is. */
export const noDeployTools: string | undefined = existsSync(join(bin, "check-jsonschema"))
  ? undefined
  : "the tools for deploy/ are not installed: run node scripts/install-deploy-tools.mjs";

/** Runs one of them in the folder of the project; gives its status and all that it said. */
export function judgeFiles(tool: string, args: readonly string[]): [status: number | null, said: string] {
  const { status, stdout, stderr } = spawnSync(join(bin, tool), args, { cwd: root, encoding: "utf8" });
  return [status, `${stdout}${stderr}`];
}
