/**
 * Disasters at the edge, one after the other. Each leaves the world whole and is given back once all sites have converged; what
 * is read at the sites meanwhile is the probe's affair.
 */
import { closeSync, existsSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import type { Link } from "../link/link.ts";
import type { Random } from "../random.ts";
import type { DisasterSites } from "./disaster-sites.ts";
import type { PairWriter } from "./pair-writer.ts";
import type { Probe } from "./probe.ts";
import type { Site } from "./site.ts";

export interface Disasters {
  readonly sites: DisasterSites;
  readonly writer: PairWriter;
  readonly probe: Probe;
  readonly random: Random;
  readonly say: (text: string) => void;
  /** How often a link flaps, and how often processes are killed, in one go. */
  readonly flaps: number;
  readonly kills: number;
}

const DAY_MS = 86_400_000;
/** More than a page of the feed has, so that the pair is rewritten on both of its sides. */
const MORE_THAN_A_PAGE = 1100;

export const DISASTERS: readonly ((here: Disasters) => Promise<void>)[] = [
  flaps,
  aDayWithoutLinks,
  garbledBytes,
  killed,
  damagedWhileDown,
  damagedWhileServing,
  fullDisk,
  wrongClocks,
  bucketAway,
  originRebuilt,
];

/** Each link is cut for some milliseconds, again and again. */
async function flaps({ sites, random, flaps: count }: Disasters): Promise<void> {
  const links = Object.values(sites.links);
  for (let nth = 0; nth < count; nth += 1) {
    const link = links[random.below(links.length)];
    if (link === undefined) continue;
    link.refuse();
    link.cut();
    await pause(10 + random.next() * 50);
    await link.heal();
  }
}

/** The one long cut: all sites are alone for a day, and the pair is rewritten more often than a page of the feed tells. */
async function aDayWithoutLinks({ sites, writer, probe, say }: Disasters): Promise<void> {
  cutAll(Object.values(sites.links));
  await expect
    .poll(() => sites.all.map(({ name }) => probe.judge.last(name)?.source))
    .toEqual(["none", "none", "none", "none"]);
  for (const { clock } of sites.all) clock.pass(DAY_MS);
  await writer.amid(MORE_THAN_A_PAGE);
  await expect.poll(() => youngest({ sites, probe })).toBeGreaterThanOrEqual(DAY_MS / 1000);
  say(
    `  all serve what they have, and say that it is ${Math.floor(youngest({ sites, probe }) / 3600)} hours old`,
  );
  await healLinks(sites);
}

function youngest({ sites, probe }: Pick<Disasters, "sites" | "probe">): number {
  return Math.min(...sites.all.map(({ name }) => probe.judge.last(name)?.ageSeconds ?? 0));
}

/** Under TLS, which ends a connection whose bytes are others. Plain HTTP has nothing to know them by. */
async function garbledBytes({ sites, say, random }: Disasters): Promise<void> {
  if (!sites.isEncrypted) return say("  skipped: no openssl makes certificates here");
  for (const link of [sites.links.relay, sites.links.lon]) link.garble(0.0005 + random.next() * 0.001);
  await pause(1500);
  await healLinks(sites);
}

/** kill -9 of the relay and of agents, and a start a moment later. */
async function killed({ sites, random, kills }: Disasters): Promise<void> {
  for (let nth = 0; nth < kills; nth += 1) {
    const site = sites.all[nth % sites.all.length];
    if (site === undefined) continue;
    await site.kill();
    await pause(random.next() * 300);
    await site.start();
  }
}

/** What stands in for the file is the copy; what comes after it is kept, also by a start without a link. */
async function damagedWhileDown({ sites, writer }: Disasters): Promise<void> {
  const { lon, links } = sites;
  await copyOf(lon);
  await lon.kill();
  damage(fileOf(lon));
  const before = await copyOf(lon);
  await lon.start();
  expect(lon.said).toContain("is damaged");
  await expect.poll(() => copyOf(lon)).not.toBe(before);
  await lon.arrived(await writer.commit());
  cutAll([links.lon, links.lonToRelay, links.lonToBucket]);
  await lon.kill();
  await lon.start();
  await pause(300);
  await healLinks(sites);
}

async function damagedWhileServing({ sites: { ams } }: Disasters): Promise<void> {
  await copyOf(ams);
  damage(fileOf(ams));
  await pause(500);
  await ams.kill();
  await ams.start();
}

function fileOf({ data }: Site): string {
  return join(data, "shop.db");
}

/** The copy that stands in for a damaged file is made some time after a move. Gives which file it is. */
async function copyOf({ data }: Site): Promise<number> {
  const file = join(data, "shop.previous.db");
  await expect.poll(() => existsSync(file)).toBe(true);
  return statSync(file).ino;
}

/** Over all pages but the first: what is found is no database any more. */
function damage(file: string): void {
  const handle = openSync(file, "r+");
  const { size } = statSync(file);
  writeSync(handle, Buffer.alloc(Math.max(4096, size - 4096), 0x5a), 0, undefined, 4096);
  closeSync(handle);
}

/** Its agent goes on, also from a start on that disk. */
async function fullDisk({ sites: { smallDisk, fra }, writer, say }: Disasters): Promise<void> {
  if (smallDisk === undefined) return say("  skipped: no small disk may be mounted here");
  const ballast = join(smallDisk, "ballast");
  fill(ballast);
  await writer.commit().catch(() => {});
  await pause(1000);
  await fra.kill();
  await fra.start();
  await pause(500);
  rmSync(ballast);
}

function fill(file: string): void {
  const handle = openSync(file, "w");
  try {
    for (const size of [65_536, 4096]) {
      try {
        while (writeSync(handle, Buffer.alloc(size)) > 0);
      } catch {
        // It is full, but for less than that.
      }
    }
  } finally {
    closeSync(handle);
  }
}

/** By years, forward and back, where nobody else's is. */
async function wrongClocks({ sites: { lon, ams } }: Disasters): Promise<void> {
  lon.clock.setWall(5 * 365 * DAY_MS);
  ams.clock.setWall(-10 * 365 * DAY_MS);
  await pause(500);
  await lon.kill();
  await lon.start();
  await pause(500);
  for (const site of [lon, ams]) site.clock.setWall(0);
  await pause(300);
}

/** For the origin, and for a site of which it is the last source; then, back, it is the only one. */
async function bucketAway({ sites, writer, probe, say }: Disasters): Promise<void> {
  const { origin, lon, links } = sites;
  cutAll([origin.bucketLink, links.lonToBucket]);
  await lon.arrived(await writer.commit());
  cutAll([links.lon, links.lonToRelay]);
  const sourceOf = () => probe.judge.last(lon.name)?.source;
  await expect.poll(sourceOf).toBe("none");
  const missed = await writer.commit();
  await origin.bucketLink.heal();
  await links.lonToBucket.heal();
  await lon.arrived(missed);
  await expect.poll(sourceOf).toBe("bucket");
  say(`  ${lon.name} has had revision ${missed} from the bucket`);
}

/** While its bucket is away it commits on; then it is gone, and what comes from the bucket is behind the edges. */
async function originRebuilt({ sites, writer, say }: Disasters): Promise<void> {
  const { origin, lon } = sites;
  cutAll([origin.bucketLink]);
  const last = await writer.commit();
  await lon.arrived(last);
  await origin.kill();
  await origin.bucketLink.heal();
  await origin.rebuild();
  await origin.start();
  say(`  the origin is back from its bucket, and has lost revision ${last}`);
}

function cutAll(links: readonly Link[]): void {
  for (const link of links) {
    link.refuse();
    link.cut();
  }
}

export async function healLinks({ links }: DisasterSites): Promise<void> {
  for (const link of Object.values(links)) await link.heal();
}
