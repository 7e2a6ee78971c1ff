/** Sources that send a byte a second: they are given up, the next one is asked, and reads go on. One that is only slow is not. */
import { expect, onTestFinished, test } from "vitest";
import { openServer } from "../../../packages/client/server.ts";
import { lendOrigin } from "../../../testkit/edge/lent-origin.ts";
import { edgeTokenOf } from "../../../testkit/edge/origin-process.ts";
import { openProbe } from "../../../testkit/edge/probe.ts";
import { openRequestProxy } from "../../../testkit/edge/request-proxy.ts";
import { Site } from "../../../testkit/edge/site.ts";
import { openLink } from "../../../testkit/link/link.ts";

/** How often faster all clocks run. */
const SPEED = 20;

/** Of 64 kbit/s. */
const THIN_BYTES_PER_SECOND = 8192;

async function startedOrigin() {
  const { folder, origin } = await lendOrigin("slow-source", SPEED);
  const server = openServer({ url: origin.url, token: origin.token });
  /** In one commit; gives its revision. */
  const put = async (keys: readonly string[], text: string) => {
    const one = { op: "put", namespace: "shop", mediaType: "application/json", text, ifRevision: "any" };
    const changes = keys.map((key) => ({ ...one, key }));
    const { revision } = await server.json<{ revision: number }>({
      method: "POST",
      path: "/v1/commit",
      json: { changes },
    });
    return revision;
  };
  const token = await edgeTokenOf(origin);
  /** It is not started yet. */
  const site = (...from: string[]) => {
    const made = new Site({ name: "site", folder, from, token, speed: SPEED });
    onTestFinished(() => made.kill());
    return { site: made, revision: async () => (await made.status()).revision ?? 0 };
  };
  return { origin, put: (n: number) => put(["pair/a"], JSON.stringify({ n })), putAll: put, site };
}

async function openedLink(port: number) {
  const link = await openLink({ port });
  onTestFinished(() => link.close());
  return { link, url: `http://127.0.0.1:${link.port}` };
}

test("a source that drips is passed by, at the first start and while it is followed", async () => {
  const { origin, put, site: siteOf } = await startedOrigin();
  await put(1);
  const { link, url } = await openedLink(origin.port);
  link.limit(1);
  const { site, revision } = siteOf(url, origin.url);
  await site.start();
  await expect.poll(revision).toBeGreaterThan(0);
  expect(site.said).toContain("unreachable");
  const probe = openProbe([site]);
  await link.heal();
  const before = site.said.length;
  // Its better source answers again, and is followed until it drips amid a wait.
  await expect.poll(async () => (await site.status()).from).toBe(url);
  const first = await revision();
  await put(2);
  await expect.poll(revision).toBeGreaterThan(first);
  link.limit(1);
  const second = await revision();
  await put(3);
  await expect.poll(revision).toBeGreaterThan(second);
  expect(site.said.slice(before)).toContain("unreachable");
  await probe.stop();
  expect([probe.judge.verdict().failed, probe.judge.verdict().back]).toEqual([[], []]);
});

test("a source whose bodies drip is passed by, and holds up no news of another", async () => {
  const { origin, put, site: siteOf } = await startedOrigin();
  await put(1);
  const proxy = await openRequestProxy(origin.url, 1000);
  proxy.drip(() => true, 1000 / SPEED);
  const { site, revision } = siteOf(proxy.url, origin.url);
  await site.start();
  await expect.poll(revision).toBeGreaterThan(0);
  expect(site.said).toContain("unreachable");
  await expect.poll(revision).toBe(await put(2));
  proxy.open();
  await expect.poll(async () => (await site.status()).from).toBe(proxy.url);
});

test("over 64 kbit/s a state and news of minutes come, though the link is cut", async () => {
  const { origin, putAll, site: siteOf } = await startedOrigin();
  const text = JSON.stringify("x".repeat(10_000));
  const many = await putAll(
    Array.from({ length: 30 }, (_, nth) => `many/${nth}`),
    text,
  );
  const { link, url } = await openedLink(origin.port);
  link.limit(THIN_BYTES_PER_SECOND * SPEED);
  const { site, revision } = siteOf(url);
  await site.start();
  await expect.poll(() => link.counts().bytesBack).toBeGreaterThan(2 * text.length);
  link.cut();
  await expect.poll(revision).toBe(many);
  const large = await putAll(["large"], JSON.stringify("x".repeat(400_000)));
  await expect.poll(revision).toBe(large);
});
