/** Hosts for tests: a state folder of its own for each, everything stopped after the test. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { buildComponent, planComponents } from "../build/components.ts";
import { startHost } from "../programs/host/host.ts";
import type { HostLine, HostOptions, RunningHost } from "../programs/host/options.ts";
import { threadFile } from "./threads.ts";

export const root = fileURLToPath(new URL("..", import.meta.url));
export const LEDGE_MANIFEST = join(root, "spin.toml");
export const PROBE_MANIFEST = join(root, "testkit/probe/spin.toml");
/** Where the build keeps what it takes to run its components on Node; it removes what is not of the newest ones. */
export const COMPONENT_CACHE = join(root, "dist", "cache");

/** Set where all of ours are built before any test: to see that nothing has changed, each process would bundle them again. */
export const BUILT_VARIABLE = "LEDGE_TEST_BUILT";
const looked = new Map<string, Promise<unknown>>();

/** Builds the components of a manifest that have changed, once in a test process. `names` empty means all. */
export async function buildFor(manifest: string, names: readonly string[] = []): Promise<void> {
  if (process.env[BUILT_VARIABLE] === "1" && [LEDGE_MANIFEST, PROBE_MANIFEST].includes(manifest)) return;
  const plans = planComponents(manifest).filter(({ name }) => names.length === 0 || names.includes(name));
  for (const plan of plans) if (!looked.has(plan.output)) looked.set(plan.output, buildComponent(root, plan));
  await Promise.all(plans.map(({ output }) => looked.get(output)));
}

/** A folder that is gone after the test. */
export function testFolder(): string {
  mkdirSync(join(tmpdir()), { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), "ledge-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface TestHost extends RunningHost {
  readonly lines: HostLine[];
  /** The JSON that a path answers with. */
  json(path: string, init?: RequestInit): Promise<unknown>;
}

/** A host over the probe (or another manifest), on a free port, without cron, stopped after the test. */
export async function openTestHost(options: Partial<HostOptions> = {}): Promise<TestHost> {
  const host = await startTestHost({ ...options, stateDir: options.stateDir ?? testFolder() });
  onTestFinished(() => host.stop());
  return host;
}

/** The same, for who stops it himself. */
export async function startTestHost(
  options: Partial<HostOptions> & { readonly stateDir: string },
): Promise<TestHost> {
  const lines: HostLine[] = [];
  const host = await startHost({
    manifest: PROBE_MANIFEST,
    cron: false,
    workers: 1,
    cacheDir: COMPONENT_CACHE,
    workerFile: threadFile("host-worker"),
    libsqlWorkerFile: threadFile("libsql-worker"),
    environment: {},
    log: (line) => lines.push(line),
    ...options,
  });
  return {
    ...host,
    lines,
    async json(path, init) {
      const response = await fetch(`${host.url}${path}`, init);
      return response.json();
    },
  };
}
