/** Agents that follow each other: each says so, nobody takes the other's word for news, and an origin that is back heals it. */

import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { FULL } from "../../../testkit/crash-sample.ts";
import { lendOrigin } from "../../../testkit/edge/lent-origin.ts";
import { edgeTokenOf } from "../../../testkit/edge/origin-process.ts";
import { Site } from "../../../testkit/edge/site.ts";
import { type Link, openLink } from "../../../testkit/link/link.ts";
import { listenOnLoopback } from "../../../testkit/loopback.ts";

/** How often faster all clocks run. */
const SPEED = 20;
const HOUR_MS = 3_600_000;

/** Of agents in a ring the first has the origin before its neighbour; each other one has its neighbour alone. */
async function openRing(count: number) {
  const { folder, origin } = await lendOrigin("ring", SPEED);
  await origin.ledge("put", "shop/limits", "1", "--if", "any");
  const token = await edgeTokenOf(origin);
  const link = await openLink({ port: origin.port });
  onTestFinished(() => link.close());
  const ports: number[] = [];
  for (let nth = 0; nth < count; nth += 1) ports.push(await freePort());
  const sites = ports.map((port, nth) => {
    const neighbour = `http://127.0.0.1:${ports[(nth + count - 1) % count]}`;
    const from = nth === 0 ? [`http://127.0.0.1:${link.port}`, neighbour] : [neighbour];
    const args = ["--port", String(port)];
    return new Site({ name: `site-${nth}`, folder: join(folder), from, token, speed: SPEED, args });
  });
  onTestFinished(() => Promise.all(sites.map((site) => site.kill())).then(() => {}));
  for (const site of sites) await site.start();
  return { origin, link, sites };
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server);
  await new Promise((done) => server.close(done));
  return port;
}

async function read(site: Site, headers: Record<string, string> = {}) {
  const answer = await fetch(`${site.url()}/v1/read/shop?key=limits`, {
    headers: { authorization: `Bearer ${site.token}`, ...headers },
  });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

const ages = (sites: readonly Site[]) =>
  Promise.all(sites.map(async (site) => (await site.status()).ageSeconds ?? 0));
const end = (link: Link) => {
  link.refuse();
  link.cut();
};

describe("agents in a ring", () => {
  test.each(FULL ? [{ count: 2 }, { count: 3 }] : [{ count: 3 }])(
    "of $count see it, grow old, and are healed",
    async ({ count }) => {
      const { origin, link, sites } = await openRing(count);
      const [first] = sites;
      if (first === undefined) throw new Error("a ring has a site");
      for (const site of sites) await expect.poll(async () => (await read(site)).text).toBe("1");
      end(link);
      // Whichever of them sees it first.
      const said = () => sites.map((site) => site.said).join("\n");
      await expect.poll(said).toContain("follows_itself");
      expect(said()).toContain("they follow each other. Name an origin with --from");
      for (const { clock } of sites) clock.pass(HOUR_MS);
      await expect.poll(async () => Math.min(...(await ages(sites)))).toBeGreaterThanOrEqual(HOUR_MS / 1000);
      // Nobody is told by the other that it is fresh, however often they ask.
      for (let looks = 0; looks < 20; looks += 1)
        expect(Math.min(...(await ages(sites)))).toBeGreaterThanOrEqual(HOUR_MS / 1000);
      for (const site of sites) {
        const strict = await read(site, { "ledge-max-staleness": "60" });
        expect([strict.status, (await read(site)).text]).toEqual([503, "1"]);
      }
      const sources = async () => Promise.all(sites.map(async (site) => (await site.status()).source));
      expect(await sources()).toContain("none");
      // After a start, too, none takes the other for an origin.
      const last = sites.at(-1) ?? first;
      await last.kill();
      await last.start();
      const seen = new Set<string>();
      const looked = async () => seen.add((await last.status()).source).has("relay");
      await expect.poll(looked).toBe(true);
      expect(seen).not.toContain("origin");
      await origin.ledge("put", "shop/limits", "2", "--if", "any");
      await link.heal();
      for (const site of sites) await expect.poll(async () => (await read(site)).text).toBe("2");
      await expect.poll(async () => Math.max(...(await ages(sites)))).toBeLessThan(HOUR_MS / 1000);
      await expect.poll(async () => (await first.status()).trouble).toBeUndefined();
    },
  );
});
