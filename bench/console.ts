/**
 * The console's first view in a real browser: from the first byte of the page until its first namespace stands, signed in and with an
 * empty cache, beside a page that holds nothing but a heading.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import * as z from "zod/mini";
import { startServer } from "../programs/demo-bcd/server.ts";
import { BROWSER, NO_BROWSER } from "../testkit/chromium.ts";
import { type BenchRow, median } from "./rows.ts";

const RUNS = 7;
const ENGINES = ["native", "wasm"] as const;
const Code = z.object({ code: z.string() });
const EMPTY = "<!doctype html><title>empty</title><main><h1 class=card>Nothing</h1></main>";

export async function benchConsole(root: string): Promise<BenchRow[]> {
  if (BROWSER === undefined)
    return [
      {
        work: "the console's first view",
        figure: `not measured: ${NO_BROWSER}`,
        beside: "",
        ratio: undefined,
      },
    ];
  const browser = await chromium.launch({ executablePath: BROWSER, args: ["--no-sandbox"] });
  try {
    const page = await (await browser.newContext()).newPage();
    const session = await page.context().newCDPSession(page);
    await session.send("Network.setCacheDisabled", { cacheDisabled: true });
    // When it stands, by the page's own clock.
    await page.addInitScript(
      "new MutationObserver((_, watching) => { if (document.querySelector('main .card')) { window.shownMs = performance.now(); watching.disconnect() } }).observe(document, { childList: true, subtree: true })",
    );
    const empty = await emptyPage((url) => median(RUNS, () => shownMs(page, url)));
    const rows: BenchRow[] = [];
    for (const engine of ENGINES) rows.push(await benchEngine(root, engine, { page, emptyMs: empty }));
    return rows;
  } finally {
    await browser.close();
  }
}

async function benchEngine(
  root: string,
  engine: (typeof ENGINES)[number],
  { page, emptyMs }: { page: Page; emptyMs: number },
): Promise<BenchRow> {
  const data = mkdtempSync(join(tmpdir(), "ledge-bench-"));
  const server = await startServer(root, data, ["--engine", engine]);
  try {
    const token = readFileSync(join(data, "admin-token"), "utf8").trim();
    const headers = { authorization: `Bearer ${token}` };
    const given = await fetch(`${server.url}/console/code`, { method: "POST", headers });
    await page.goto(`${server.url}/#code=${Code.parse(await given.json()).code}`);
    await page.locator("main .card").waitFor();
    const ms = await median(RUNS, () => shownMs(page, `${server.url}/`));
    return {
      work: `${engine}: the console's first view, from the first byte`,
      figure: `${ms.toFixed(0)} ms`,
      beside: `a page with nothing but a heading: ${emptyMs.toFixed(0)} ms`,
      ratio: ms / emptyMs,
      goal: "within 300 ms",
    };
  } finally {
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

async function shownMs(page: Page, url: string): Promise<number> {
  await page.goto("about:blank");
  await page.goto(url);
  await page.locator("main .card").waitFor();
  return Number(
    await page.evaluate("window.shownMs - performance.getEntriesByType('navigation')[0].responseStart"),
  );
}

async function emptyPage<T>(use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer((_, response) => response.setHeader("content-type", "text/html").end(EMPTY));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address: AddressInfo | string | null = server.address();
  try {
    return await use(`http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
