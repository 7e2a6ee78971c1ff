/**
 * Consul, built with Go into .cache/bench the first time: one server on loopback, which is its own quorum. Where it cannot
 * be had, the reason is said and it is left out.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./etcd.ts";

/** The newest that builds from modules alone: later ones replace parts of themselves by folders that no module has. */
const VERSION = "v1.14.11";
const MODULE = "github.com/hashicorp/consul";
const BUILD_MS = 600_000;

export interface Consul {
  readonly url: string;
  readonly version: string;
  readonly program: string;
  stop(): Promise<void>;
}

/** Starts it, or says why there is none. */
export async function startConsul(
  root: string,
  { build }: { readonly build: boolean },
): Promise<Consul | { readonly missing: string }> {
  const installed = installConsul(root, build);
  if (installed.missing !== undefined) return installed;
  const dir = mkdtempSync(join(tmpdir(), "ledge-bench-consul-"));
  const [http, server, serf] = [await freePort(), await freePort(), await freePort()];
  const ports = { http, server, serf_lan: serf, serf_wan: -1, dns: -1, grpc: -1, grpc_tls: -1, https: -1 };
  // What Consul advises for production; its default waits five times as long before it elects.
  const config = join(dir, "config.json");
  writeFileSync(
    config,
    JSON.stringify({ ports, performance: { raft_multiplier: 1 }, disable_update_check: true }),
  );
  const data = join(dir, "data");
  const child = spawn(
    installed.program,
    [
      "agent",
      "-server",
      "-bootstrap-expect=1",
      "-data-dir",
      data,
      "-bind",
      "127.0.0.1",
      "-config-file",
      config,
    ],
    { stdio: "ignore" },
  );
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${http}`;
  if (await takesWrites(url)) return { url, version: VERSION, program: installed.program, stop };
  await stop();
  return { missing: "it took no write within half a minute" };
}

/** It has elected itself. */
async function takesWrites(url: string): Promise<boolean> {
  for (let tries = 0; tries < 300; tries += 1) {
    const done = await fetch(`${url}/v1/kv/bench/1`, { method: "PUT", body: "{}" }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (done) return true;
    await sleep(100);
  }
  return false;
}

type Installed =
  | { readonly program: string; readonly missing?: undefined }
  | { readonly program?: undefined; readonly missing: string };

/** `go install` refuses a module that replaces parts of itself; one of ours that needs it builds it. */
function installConsul(root: string, build: boolean): Installed {
  const folder = join(root, ".cache", "bench", "consul");
  const program = join(folder, `consul-${VERSION}`);
  if (existsSync(program)) return { program };
  if (!build) return { missing: "it is not built yet, which the form --full does" };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "go.mod"), `module bench\ngo 1.23\nrequire ${MODULE} ${VERSION}\n`);
  // Names the program as something that is needed, so that its own modules are found.
  writeFileSync(join(folder, "needed.go"), `//go:build needed\npackage needed\nimport _ "${MODULE}"\n`);
  console.error(`building Consul ${VERSION}, once, for up to ${BUILD_MS / 60_000} minutes …`);
  const { status, error } = spawnSync("go", ["build", "-o", program, MODULE], {
    cwd: folder,
    stdio: "ignore",
    timeout: BUILD_MS,
    env: { ...process.env, GOFLAGS: "-mod=mod", GOTOOLCHAIN: "local" },
  });
  if (status === 0 && existsSync(program)) return { program };
  return {
    missing: error === undefined ? `go build of ${MODULE}@${VERSION} ended with ${status}` : error.message,
  };
}
