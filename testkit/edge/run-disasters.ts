/**
 * A run of disasters: somebody writes all the time, a probe reads at every site, and after each disaster all sites come to what
 * the origin has. What a run does by chance follows from its seed.
 */
import { expect } from "vitest";
import { openServer } from "../../packages/client/server.ts";
import { seededRandom } from "../random.ts";
import type { DisasterSites } from "./disaster-sites.ts";
import { DISASTERS, healLinks } from "./disasters.ts";
import type { Verdict } from "./judge-reads.ts";
import { openPairWriter, type PairWriter } from "./pair-writer.ts";
import { openProbe } from "./probe.ts";

export interface DisasterRun {
  readonly sites: DisasterSites;
  readonly seed: number;
  readonly rounds: number;
  readonly flaps: number;
  readonly kills: number;
  readonly say: (text: string) => void;
}

/** The first round in the order of the list, others as chance has it. */
export async function runDisasters({
  sites,
  seed,
  rounds,
  flaps,
  kills,
  say,
}: DisasterRun): Promise<Verdict> {
  const random = seededRandom(seed);
  const { origin } = sites;
  const writer = openPairWriter(
    () => origin.url,
    () => origin.token,
  );
  await writer.commit();
  await converged(sites, writer);
  const probe = openProbe(sites.all);
  try {
    for (let round = 0; round < rounds; round += 1) {
      const order = round === 0 ? DISASTERS : shuffled(DISASTERS, random.below);
      for (const disaster of order) {
        const beganMs = performance.now();
        const rest = writer.keepOn();
        await disaster({ sites, writer, probe, random, say, flaps, kills });
        await rest();
        const overMs = performance.now();
        await healLinks(sites);
        await converged(sites, writer);
        const tookS = (from: number, to: number) => ((to - from) / 1000).toFixed(1);
        say(
          `${disaster.name}: ${tookS(beganMs, overMs)} s, converged ${tookS(overMs, performance.now())} s later`,
        );
      }
    }
  } finally {
    await probe.stop();
  }
  return probe.judge.verdict();
}

/** Every site serves what the origin has, document by document, at the origin's revision. */
async function converged({ origin, all }: DisasterSites, writer: PairWriter): Promise<void> {
  let last = 0;
  await expect
    .poll(async () => {
      last = await writer.commit();
      return last;
    })
    .toBeGreaterThan(0);
  const shows = async (url: string | undefined, token: string) => {
    const server = openServer({ url: url ?? "", token });
    const { bytes } = await server.ask({ method: "GET", path: "/v1/list/shop", query: { values: "bytes" } });
    // Behind a relay these begin anew with what the relay itself was told of.
    return new TextDecoder().decode(bytes).replace(/"(version|createdRevision)":\d+,/g, "");
  };
  const there = await shows(origin.url, origin.token);
  for (const site of all) await expect.poll(() => shows(site.url(), site.token).catch(String)).toBe(there);
}

function shuffled<T>(all: readonly T[], below: (end: number) => number): T[] {
  const left = [...all];
  return all.flatMap(() => left.splice(below(left.length), 1));
}
