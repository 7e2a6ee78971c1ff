/**
 * A real browser for tests of the console: Debian's chromium, driven by playwright-core. Promise: every page is watched. What
 * its console says, what its policy stops, what asks for another origin, is a fault that `close` throws.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import * as z from "zod/mini";
import { BROWSER, NO_BROWSER } from "./chromium.ts";
import type { StartedServer } from "./processes.ts";
import { root } from "./processes.ts";

const Code = z.object({ code: z.string() });
export interface PageOptions {
  /** In pixels. */
  readonly width?: number;
  readonly theme?: "light" | "dark";
  /** Signs in by pasting it; else by a link of the server. */
  readonly token?: string;
  /** Behind the hash. */
  readonly at?: string;
  /** Words of faults that are meant, such as a refusal that the test brings about. */
  readonly allowed?: RegExp;
}

export interface TestBrowser {
  /** A new browser profile's page, signed in. */
  open(server: StartedServer, options?: PageOptions): Promise<Page>;
  /** Throws what any page has done wrong. */
  close(): Promise<void>;
}

export async function openBrowser(): Promise<TestBrowser> {
  if (BROWSER === undefined) throw new Error(NO_BROWSER);
  // As root in a container there is no sandbox of the system's to use.
  const browser: Browser = await chromium.launch({ executablePath: BROWSER, args: ["--no-sandbox"] });
  const faults: string[] = [];
  return {
    async open(server, { width = 1280, theme = "light", token, at = "/", allowed } = {}) {
      const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: theme });
      const page = await context.newPage();
      // For what hangs, not for what is slow: machines under load take ten times as long.
      page.setDefaultTimeout(240_000);
      watch(page, server.url, { faults, allowed });
      if (token === undefined) {
        await page.goto(`${server.url}/#${await codeOf(server)}${at}`);
      } else {
        await page.goto(`${server.url}/#${at}`);
        await page.getByLabel("Token").fill(token);
        await page.getByRole("button", { name: "Sign in" }).click();
      }
      await page.locator(".shell").waitFor();
      return page;
    },
    async close() {
      await browser.close();
      if (faults.length > 0) throw new Error(faults.join("\n"));
    },
  };
}

function watch(
  page: Page,
  origin: string,
  { faults, allowed }: { faults: string[]; allowed: RegExp | undefined },
) {
  const fault = (text: string) => {
    if (allowed?.test(text) !== true) faults.push(`${page.url()}: ${text}`);
  };
  page.on("console", (said) => {
    if (["error", "warning"].includes(said.type())) fault(`${said.text()} ${said.location().url}`);
  });
  page.on("pageerror", (error) => fault(error.message));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !/^(blob|data):/.test(url)) fault(`asks for ${url}`);
  });
}

/** As `ledge open` gets it. */
async function codeOf({ url, dataDir }: StartedServer): Promise<string> {
  const token = readFileSync(join(dataDir, "admin-token"), "utf8").trim();
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/console/code`, { method: "POST", headers });
  const { code } = Code.parse(await answer.json());
  return `code=${code}`;
}

/** What axe-core finds wrong for people who read with other means, in a line each. */
export async function axe(page: Page): Promise<string[]> {
  const source = readFileSync(join(root, "node_modules", "axe-core", "axe.min.js"), "utf8");
  // By the browser's own protocol, which no policy of a page stops.
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: source });
  const { result } = await session.send("Runtime.evaluate", {
    expression: "axe.run().then((found) => JSON.stringify(found.violations))",
    awaitPromise: true,
  });
  const violations: AxeResults["violations"] = JSON.parse(String(result.value));
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.slice(0, 3).map(({ html }) => `${id}: ${help}: ${html.slice(0, 200)}`),
  );
}
