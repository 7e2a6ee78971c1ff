/**
 * The package as somebody installs it who has no clone: `npm pack`, then `npm install --global` into a folder of its own.
 * Promise: the commands of what is installed find Node and nothing else of this machine, no npm, no git and no clone.
 */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { finish, type Ran, root, temporaryFolder } from "./processes.ts";

export interface Installed {
  /** The folder that holds everything: the tarball, what is installed, an empty folder to work in. */
  readonly path: string;
  readonly tarball: string;
  /** Where the package's own files are. */
  readonly home: string;
  readonly launcher: string;
  /** For a process that is to have what is installed, and Node. */
  readonly env: Readonly<Record<string, string>>;
  remove(): void;
}

/** Why a registry was not reached, as npm says it; everything else that it says is a failure. */
export const UNREACHED =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED|SELF_SIGNED_CERT_IN_CHAIN)\b/;

/** Packs and installs. Gives a sentence where no registry can be reached; throws where something else is wrong. */
export async function installPackage(): Promise<Installed | string> {
  const { path, remove } = temporaryFolder("installed");
  try {
    // Another user will read it.
    chmodSync(path, 0o755);
    const tarball = await pack(path);
    const prefix = join(path, "prefix");
    const ran = await npm(
      [
        "install",
        "--global",
        "--prefix",
        prefix,
        tarball,
        ...QUIET,
        `--allow-scripts=better-sqlite3,${tarball}`,
      ],
      {
        npm_config_better_sqlite3_local_prebuilds: packBinding(path),
      },
    );
    if (ran.status !== 0) {
      remove();
      if (UNREACHED.test(ran.stderr)) return "the registry of npm cannot be reached";
      throw new Error(`npm install ended with ${ran.status}: ${ran.stderr}`);
    }
    const bin = join(path, "node-alone");
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, "node"));
    const home = join(prefix, "lib", "node_modules", "ledge");
    const env = { PATH: `${join(prefix, "bin")}:${bin}`, HOME: join(path, "nobody-home") };
    return { path, tarball, home, launcher: join(prefix, "bin", "ledge"), env, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

const QUIET = [
  "--ignore-scripts=false",
  "--no-audit",
  "--no-fund",
  "--prefer-offline",
  "--fetch-retries=0",
  "--fetch-timeout=20000",
  "--loglevel=error",
];

async function pack(path: string): Promise<string> {
  const ran = await npm(["pack", "--json", "--pack-destination", path, "--loglevel=error"]);
  const name = readdirSync(path).find((one) => one.endsWith(".tgz"));
  if (ran.status !== 0 || name === undefined)
    throw new Error(`npm pack ended with ${ran.status}: ${ran.stderr}`);
  return join(path, name);
}

/**
 * SQLite for this machine as its installer looks for it, from what is built in the clone: a minute of compiling less. The
 * long form lets the installer fetch or compile.
 */
function packBinding(path: string): string {
  const folder = join(path, "bindings");
  mkdirSync(folder);
  if (process.env.LEDGE_FULL === "1") return folder;
  const packaged = join(root, "node_modules", "better-sqlite3");
  const { version } = JSON.parse(readFileSync(join(packaged, "package.json"), "utf8"));
  const { platform, arch, versions } = process;
  const name = `better-sqlite3-v${version}-node-v${versions.modules}-${platform}-${arch}.tar.gz`;
  const binding = join("build", "Release", "better_sqlite3.node");
  spawnSync("tar", ["-czf", join(folder, name), "-C", packaged, binding]);
  return folder;
}

function npm(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return finish(spawn("npm", args, { cwd: root, env: { ...forNpm(), ...env } }));
}

/** The environment for a process that asks the registry. */
export function forNpm(): Record<string, string | undefined> {
  // What npm told the npm that runs the tests is not for this one.
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|LEDGE_|SPIN_VARIABLE_)/i.test(name));
  const authorities = process.env.LEDGE_TEST_AUTHORITIES;
  const trusted = authorities ? { NODE_EXTRA_CA_CERTS: authorities } : {};
  return { ...Object.fromEntries(kept), ...trusted };
}

/** What lies below a folder, in bytes on the disk. */
export function diskBytes(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).blocks * 512;
  return bytes;
}
