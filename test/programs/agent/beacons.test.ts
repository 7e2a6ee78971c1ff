/** What a relay makes of reports of others: whose word it keeps, for how long, and what it sends no further. */
import { expect, onTestFinished, test, vi } from "vitest";
import type { Agent } from "../../../packages/agent/index.ts";
import { type Report, Reporter } from "../../../programs/agent/beacons.ts";

const reportOf = (edge: string, namespace: string, more: Partial<Report> = {}): Report => ({
  edge,
  version: "1",
  namespaces: [{ namespace, revision: 1 }],
  ...more,
});

/** A relay without a namespace of its own, and what it has sent. */
function relay() {
  const sent: Report[] = [];
  const fetch = async (_: unknown, { body }: { body?: unknown }) => {
    sent.push(...JSON.parse(String(body)).beacons);
    return new Response("{}");
  };
  const agent = { lanes: new Map(), onState: () => () => {} } as unknown as Agent;
  const targets = [{ url: "http://ledge.test", fetch: fetch as never }];
  const health = { rateOf: () => undefined };
  const reporter = new Reporter({ agent, health, edge: "eu/relay", targets, everyMs: 1, log: () => {} });
  onTestFinished(() => reporter.stop());
  return { reporter, sent };
}

test("two agents that report for one edge lose no word of each other", async () => {
  const { reporter, sent } = relay();
  reporter.add([reportOf("eu/fra-1", "shop")]);
  reporter.add([reportOf("eu/fra-1", "pay")]);
  reporter.start();
  await expect.poll(() => sent).toHaveLength(2);
  expect(sent.map(({ namespaces }) => namespaces[0]?.namespace).sort()).toEqual(["pay", "shop"]);
});

test("a report that is older than silence is sent no further", async () => {
  const { reporter, sent } = relay();
  reporter.add([
    reportOf("eu/old", "shop", { ageSeconds: 301 }),
    reportOf("eu/new", "shop", { ageSeconds: 290 }),
  ]);
  reporter.start();
  await expect.poll(() => sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({ edge: "eu/new", ageSeconds: 290, through: "eu/relay" });
});

test("a report that waited for less than a second is told as one of now", async () => {
  const clock = vi.spyOn(performance, "now").mockReturnValue(1000);
  onTestFinished(() => clock.mockRestore());
  const { reporter, sent } = relay();
  reporter.add([reportOf("eu/fra-1", "shop")]);
  clock.mockReturnValue(1900);
  reporter.start();
  await expect.poll(() => sent.length).toBeGreaterThan(0);
  expect(sent[0]?.ageSeconds).toBe(0);
});

test("a report of itself, or that came by itself, has been here before", () => {
  const { reporter } = relay();
  expect(reporter.isOwn(reportOf("eu/relay", "shop"))).toBe(true);
  expect(reporter.isOwn(reportOf("eu/fra-1", "shop", { through: "eu/relay" }))).toBe(true);
  expect(reporter.isOwn(reportOf("eu/fra-1", "shop", { through: "eu/other" }))).toBe(false);
});
