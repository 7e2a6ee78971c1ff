/**
 * Disasters at the edge, with real processes: `ledge serve`, `ledge agent` as a relay, a relay of it and two sites, a bucket's server,
 * and a link between each two. A probe reads at each site ten times a second throughout.
 */
import { describe, expect, onTestFinished, test } from "vitest";
import { FULL } from "../../../testkit/crash-sample.ts";
import { openDisasterSites } from "../../../testkit/edge/disaster-sites.ts";
import { runDisasters } from "../../../testkit/edge/run-disasters.ts";
import { temporaryFolder } from "../../../testkit/processes.ts";

const LENGTH = FULL ? { rounds: 8, flaps: 300, kills: 16 } : { rounds: 1, flaps: 100, kills: 4 };
const SEED = Number(process.env.LEDGE_DISASTER_SEED ?? "1");

describe("an edge in disasters", () => {
  // The long form takes half an hour on a machine that does other work, too.
  test("fails no read, tears no state, never goes back, and converges", { timeout: 3_600_000 }, async () => {
    const { path: folder, remove } = temporaryFolder("disaster");
    const sites = await openDisasterSites(folder);
    onTestFinished(async ({ task }) => {
      if (task.result?.state === "fail")
        console.log(
          sites.all
            .map(
              ({ name, said }) =>
                `${name}:\n${said
                  .split("\n")
                  .filter((line) => !line.includes("request.refused"))
                  .join("\n")}`,
            )
            .join("\n"),
        );
      await sites.close();
      remove();
    });
    const verdict = await runDisasters({ sites, seed: SEED, ...LENGTH, say: (text) => console.log(text) });
    console.log(`${verdict.reads} reads, ${verdict.copies} of them from a copy that said so`);
    expect(verdict).toMatchObject({ failed: [], torn: [], back: [] });
    expect(verdict.reads).toBeGreaterThan(500);
  });
});
