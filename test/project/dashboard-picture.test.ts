/** The picture of docs/metrics.md: `npm run pictures` draws it anew, from two and a half minutes of scrapes. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NO_BROWSER } from "../../testkit/chromium.ts";
import { takeDashboardPicture } from "../../testkit/dashboard-picture.ts";
import { root } from "../../testkit/processes.ts";
import { NO_PROMETHEUS } from "../../testkit/prometheus.ts";

const FOLDER = join(root, "docs", "metrics");
const missing =
  process.env.LEDGE_PICTURES === "1"
    ? (NO_BROWSER ?? NO_PROMETHEUS)
    : "it takes three minutes of scrapes: npm run pictures";

test("every panel of the dashboard has data from a server that Prometheus scrapes", async (context) => {
  context.skip(missing !== undefined, missing);
  const panels = await takeDashboardPicture(FOLDER, 150);
  const empty = panels.filter(({ type, series }) => type !== "row" && series.length === 0);
  expect(empty.map(({ title }) => title)).toEqual([]);
  const { size } = statSync(join(FOLDER, "dashboard.png"));
  expect(size).toBeGreaterThan(10_000);
  expect(size).toBeLessThan(300_000);
});

test("docs/metrics.md shows the picture that is kept", () => {
  const [, name = "none"] = /\((metrics\/\w+\.png)\)/.exec(readFileSync(`${FOLDER}.md`, "utf8")) ?? [];
  expect(statSync(join(root, "docs", name)).size).toBeGreaterThan(10_000);
});
