/** A browser that looks at a started server, for the tests of a file. Where there is no Chromium they are skipped, and say so. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, onTestFinished } from "vitest";
import { type ServedCommand, serveCommand } from "./served-command.ts";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const CHROMIUM = PLACES.find((place) => existsSync(place));

interface PageOptions {
  readonly width?: number;
  readonly theme?: "light" | "dark";
  /** Default: the administrator's. */
  readonly token?: string;
}

export interface ServedConsole extends ServedCommand {
  /** Signed in, in a browser of its own; closed after the test, in which nothing may have gone wrong on the page. */
  page(options?: PageOptions): Promise<Page>;
  /** The administrator's token. */
  admin(): Promise<string>;
  /** A new token's secret. */
  token(name: string, grants: string): Promise<string>;
}

export function serveConsole(name: string): ServedConsole {
  const served = serveCommand(name);
  let browser: Browser | undefined;
  beforeEach(({ skip }) => {
    skip(CHROMIUM === undefined, `there is no Chromium at ${PLACES.join(", ")}`);
  });
  beforeAll(async () => {
    if (CHROMIUM !== undefined)
      browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  });
  afterAll(() => browser?.close());
  const admin = async () => (await readFile(join(served.data, "admin-token"), "utf8")).trim();
  return {
    ...served,
    admin,
    async page({ width = 1280, theme = "light", token } = {}) {
      const secret = token ?? (await admin());
      const context = await browser?.newContext({ viewport: { width, height: 800 }, colorScheme: theme });
      const page = await context?.newPage();
      if (context === undefined || page === undefined) throw new Error("no browser was started");
      const wrong: string[] = [];
      page.on("pageerror", (error) => wrong.push(error.stack ?? error.message));
      // Refusals of the server are told there, too; what breaks the page's own policy has another text.
      page.on("console", (message) => {
        if (/Content.Security.Policy|Refused to/i.test(message.text())) wrong.push(message.text());
      });
      onTestFinished(async () => {
        await context.close();
        if (wrong.length > 0) throw new Error(wrong.join("\n"));
      });
      await page.goto(served.url());
      await page.getByLabel("Token").fill(secret);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("navigation", { name: "Views" }).waitFor();
      return page;
    },
    async token(owner, grants) {
      const { stdout, stderr } = await served.ledge(["token", "create", owner, "-g", grants]);
      const secret = /ldg_\S+/.exec(stdout)?.[0];
      if (secret === undefined) throw new Error(`no token was made: ${stderr}`);
      return secret;
    },
  };
}

/** Another place of the console, in the same page. */
export function show(page: Page, hash: string): Promise<unknown> {
  return page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
}
