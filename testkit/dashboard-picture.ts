/**
 * Takes the picture of docs/metrics.md: a real server, scraped by a real Prometheus, and the panels of the dashboard with what
 * their own queries answer. Grafana has no part in it.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { BROWSER } from "./chromium.ts";
import { consoleScene } from "./console-scene.ts";
import { dashboardPage, PAGE_WIDTH } from "./dashboard/page.ts";
import { type FilledPanel, fillPanels } from "./dashboard/panels.ts";
import { live, prepare } from "./dashboard/scene.ts";
import { serve, temporaryFolder } from "./processes.ts";
import { startPrometheus } from "./prometheus.ts";

/** Draws `dashboard.png` into that folder, which is made, after so many seconds of scrapes; gives the panels that it shows. */
export async function takeDashboardPicture(folder: string, seconds: number): Promise<FilledPanel[]> {
  const data = temporaryFolder("dashboard-picture");
  const server = await serve(data.path, ["--no-demo"]);
  try {
    const scene = await consoleScene(server);
    await prepare(scene);
    const { stdout: token } = await scene.run("token", "create", "prometheus", "-g", "status:*");
    const prometheus = await startPrometheus(server.url, token.trim());
    try {
      await live(scene, seconds);
      const end = Math.floor(Date.now() / 1000);
      // A rate needs some scrapes before it.
      const span = { start: end - seconds + 3, end };
      const { title, panels } = await fillPanels(prometheus, span);
      const by = `deploy/grafana/ledge.json, asked of Prometheus ${prometheus.version}, drawn by Ledge's own tests`;
      await photograph(dashboardPage({ title, panels, by }, span), join(folder, "dashboard.png"));
      return panels;
    } finally {
      await prometheus.stop();
    }
  } finally {
    await server.stop();
    data.remove();
  }
}

/** Grey letters, each the same wherever it stands: the picture is to stay small. */
const SAME_LETTERS = [
  "--disable-lcd-text",
  "--disable-font-subpixel-positioning",
  "--font-render-hinting=full",
];

async function photograph(html: string, path: string): Promise<void> {
  mkdirSync(join(path, ".."), { recursive: true });
  const browser = await chromium.launch({
    executablePath: BROWSER ?? "",
    args: ["--no-sandbox", ...SAME_LETTERS],
  });
  try {
    const page = await browser.newPage({ viewport: { width: PAGE_WIDTH, height: 800 } });
    await page.setContent(html);
    await page.screenshot({ path, fullPage: true });
  } finally {
    await browser.close();
  }
}
