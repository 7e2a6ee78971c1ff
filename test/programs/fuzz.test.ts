/**
 * Bytes of all kinds on the sockets of real servers (testkit/fuzz): each answer is one that the interface declares, and
 * the store holds what was acknowledged. `LEDGE_SEED` begins with the connection that a failure names.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { FULL } from "../../testkit/crash-sample.ts";
import { fuzz } from "../../testkit/fuzz/run.ts";
import { BOOTSTRAP, RECOVERY } from "../../testkit/fuzz/scene.ts";
import { serve, startServer, temporaryFolder } from "../../testkit/processes.ts";

const SEED = Number(process.env.LEDGE_SEED ?? Date.now() % 1_000_000_000);
const folder = temporaryFolder("fuzz");
afterAll(() => folder.remove());

const native = { engine: "native", start: serve, requests: FULL ? 140_000 : 1_500 };
// A request to a guest takes four times the processor, and the front is the same.
const wasm = { engine: "Wasm", start: startServer, requests: 60_000 };
const MEMORY_BYTES_MAX = 1.5e9;

describe("bytes of all kinds", () => {
  test.each(FULL ? [native, wasm] : [native])(
    "are answered as the interface declares, on the $engine engine",
    { timeout: 7_200_000 },
    async ({ engine, start, requests }) => {
      const data = join(folder.path, engine);
      const server = await start(data, ["--no-demo"], {
        SPIN_VARIABLE_BOOTSTRAP_SECRET: BOOTSTRAP,
        SPIN_VARIABLE_RECOVERY_SECRET: RECOVERY,
      });
      const token = readFileSync(join(data, "admin-token"), "utf8").trim();
      const run = await fuzz(server, token, {
        seed: SEED,
        requests: Number(process.env.LEDGE_FUZZ ?? requests),
      }).catch(async (error: unknown) => {
        const { stdout, stderr } = await server.stop("SIGKILL");
        throw new Error(`from LEDGE_SEED=${SEED}\n${`${stdout}${stderr}`.slice(-4000)}`, { cause: error });
      });
      if (FULL)
        console.log(`${engine}: ${run.requests} requests from seed ${SEED}: ${JSON.stringify(run.answers)}`);
      expect(run.faults.join("\n\n")).toBe("");
      expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
      const residentKiB = execFileSync("ps", ["-o", "rss=", "-p", String(server.pid)], { encoding: "utf8" });
      expect(Number(residentKiB) * 1024).toBeLessThan(MEMORY_BYTES_MAX);
      expect((await server.stop("SIGTERM")).status).toBe(0);
    },
  );
});
