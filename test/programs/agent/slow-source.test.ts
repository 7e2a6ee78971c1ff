/** A source that sends a byte a second: it is given up within the time of a request, the next one is asked, and reads go on. */
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openProcessClock } from "../../../testkit/edge/clocks.ts";
import { edgeTokenOf, startOriginProcess } from "../../../testkit/edge/origin-process.ts";
import { openProbe } from "../../../testkit/edge/probe.ts";
import { Site } from "../../../testkit/edge/site.ts";
import { openLink } from "../../../testkit/link/link.ts";
import { temporaryFolder } from "../../../testkit/processes.ts";

/** How often faster all clocks run. */
const SPEED = 20;

test("a source that drips is passed by, at the first start and while it is followed", async () => {
  const { path: folder, remove } = temporaryFolder("slow-source");
  const origin = await startOriginProcess(
    folder,
    openProcessClock(join(folder, "origin.clock"), SPEED).env,
    "off",
  );
  onTestFinished(async () => {
    await origin.stop();
    remove();
  });
  const token = await edgeTokenOf(origin);
  const put = (n: number) => origin.ledge("put", "shop/pair/a", JSON.stringify({ n }), "--if", "any");
  await put(1);
  const link = await openLink({ port: origin.port });
  onTestFinished(() => link.close());
  link.limit(1);
  const from = [`http://127.0.0.1:${link.port}`, origin.url];
  const site = new Site({ name: "site", folder, from, token, speed: SPEED });
  onTestFinished(() => site.kill());
  await site.start();
  const revision = async () => (await site.status()).revision ?? 0;
  await expect.poll(revision).toBeGreaterThan(0);
  expect(site.said).toContain("unreachable");
  const probe = openProbe([site]);
  await link.heal();
  const before = site.said.length;
  // Its better source answers again, and is followed until it drips amid a wait.
  await expect.poll(async () => (await site.status()).from).toBe(from[0]);
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
