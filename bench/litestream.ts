/**
 * Litestream, built with Go into .cache/bench the first time: replicates a database into a folder and restores it.
 * Where it cannot be had, the reason is said and it is left out.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

export const LITESTREAM = "v0.5.5";
const MODULE = "github.com/benbjohnson/litestream/cmd/litestream";
const BUILD_MS = 480_000;
/** Until the whole database lies in the replica; it is looked at once a second. */
const REPLICATE_SECONDS = 10;

export type Litestream =
  | { readonly program: string; readonly missing?: undefined }
  | { readonly program?: undefined; readonly missing: string };

export function installLitestream(root: string, { build }: { readonly build: boolean }): Litestream {
  const folder = join(root, ".cache", "bench", "bin");
  const program = join(folder, "litestream");
  if (existsSync(program)) return { program };
  if (!build) return { missing: "not built yet, which the form --full does" };
  mkdirSync(folder, { recursive: true });
  const { status, error } = spawnSync("go", ["install", `${MODULE}@${LITESTREAM}`], {
    stdio: "ignore",
    timeout: BUILD_MS,
    env: { ...process.env, GOBIN: folder, GOTOOLCHAIN: "local" },
  });
  if (status === 0 && existsSync(program)) return { program };
  return { missing: error === undefined ? `go install ended with ${status}` : error.message };
}

/** Replicates a copy of the database, and gives how a restore of it is run. The copy has to be WAL for that. */
export function replicate(program: string, { file, dir }: { file: string; dir: string }): () => void {
  const source = join(dir, "litestream.db");
  const replica = `file://${join(dir, "replica")}`;
  const restored = join(dir, "litestream-restored.db");
  copyFileSync(file, source);
  run(program, ["replicate", "-exec", `sleep ${REPLICATE_SECONDS}`, source, replica]);
  return () => {
    rmSync(restored, { force: true });
    run(program, ["restore", "-o", restored, replica]);
  };
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`litestream ${args.join(" ")} ended with ${status}: ${stderr}`);
}
