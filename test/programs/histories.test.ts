/**
 * What concurrent clients are told by a server, judged as a whole (testkit/history): one order of commits explains every
 * answer. `LEDGE_SEED` repeats what they choose.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { FULL } from "../../testkit/crash-sample.ts";
import { explain } from "../../testkit/history/check.ts";
import { runHistory } from "../../testkit/history/run.ts";
import { type StartedServer, serve, startServer, temporaryFolder } from "../../testkit/processes.ts";

const SEED = Number(process.env.LEDGE_SEED ?? Date.now() % 1_000_000);
const folder = temporaryFolder("histories");
afterAll(() => folder.remove());

// Each history is judged by itself, so that the record of the long form fits in memory.
const engines = [
  { engine: "native", start: serve, operations: 2_200, kills: 3, histories: FULL ? 180 : 1 },
  { engine: "Wasm", start: startServer, operations: 800, kills: 1, histories: FULL ? 130 : 1 },
];

describe("what concurrent clients are told", () => {
  test.each(engines)(
    "is explained by one order of commits, through kills, on the $engine engine",
    { timeout: 7_200_000 },
    async ({ engine, start, operations, kills, histories }) => {
      console.log(`LEDGE_SEED=${SEED} repeats the choices of these clients`);
      const data = join(folder.path, engine);
      const again = () => start(data, ["--no-demo"]);
      const restart = async (killed: StartedServer) => {
        await killed.stop("SIGKILL");
        return again();
      };
      let server = await again();
      const token = readFileSync(join(data, "admin-token"), "utf8").trim();
      for (let nth = 0; nth < histories; nth += 1) {
        const seed = SEED + nth;
        const run = await runHistory(server, token, { seed, operations, kills, restart });
        server = run.server;
        const { faults, commits } = explain(run.calls, run.base);
        expect([seed, faults.slice(0, 5)]).toEqual([seed, []]);
        expect(commits).toBeGreaterThan(operations / 10);
      }
      await server.stop();
    },
  );
});
