/**
 * Real S3 servers for test/bucket/servers.test.ts: VersityGW (built with Go), moto (a Python environment) and
 * OpenStack Swift (Debian's packages). Promise: installs what can be had, a second call does nothing, each step
 * ends in bounded time, and what cannot be had is said; the tests then skip it.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./ensure.mjs";

const folder = join(root, ".cache", "bucket-servers");
const VERSITYGW = "github.com/versity/versitygw/cmd/versitygw@v1.8.0";
const MOTO = "moto[server]==5.2.5";
const SWIFT = ["swift-proxy", "swift-account", "swift-container", "swift-object"];
const STEP_MS = 600_000;

export function installBucketServers() {
  mkdirSync(folder, { recursive: true });
  install("VersityGW", join(folder, "versitygw"), [
    ["go", ["install", VERSITYGW], { GOBIN: folder, GOFLAGS: "-mod=mod", GOTOOLCHAIN: "local" }],
  ]);
  const moto = join(folder, "moto");
  install("moto", join(moto, "bin", "moto_server"), [
    ["python3", ["-m", "venv", moto]],
    [join(moto, "bin", "pip"), ["install", "--quiet", "--disable-pip-version-check", MOTO]],
  ]);
  const apt = ["-y", "-q", "--no-install-recommends"];
  const quietly = { DEBIAN_FRONTEND: "noninteractive" };
  install("OpenStack Swift", "/usr/bin/swift-proxy-server", [
    ["apt-get", ["update", "-q"], quietly],
    ["apt-get", ["install", ...apt, ...SWIFT], quietly],
  ]);
}

/** Runs the steps unless the program is there. */
function install(name, program, steps) {
  if (existsSync(program)) return;
  for (const [command, args, environment = {}] of steps) {
    const { status, error } = spawnSync(command, args, {
      stdio: ["ignore", "ignore", "inherit"],
      timeout: STEP_MS,
      env: { ...process.env, ...environment },
    });
    if (status === 0) continue;
    const why = error?.message ?? `${command} ended with ${status}`;
    console.error(`${name} cannot be installed (${why}); its tests are skipped.`);
    return;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) installBucketServers();
