/** A started server and a browser that looks at it, for the tests of a file. Where no Chromium is they are skipped, and say so. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { openBrowser, type PageOptions, type TestBrowser } from "./browser.ts";
import { NO_BROWSER } from "./chromium.ts";
import { ledge, type Ran, type RunOptions, type StartedServer, serve, temporaryFolder } from "./processes.ts";

export interface ServedConsole {
  /** A folder for files. */
  readonly folder: string;
  url(): string;
  /** The administrator's. */
  token(): string;
  /** Runs the command, as the administrator unless `env` says otherwise. */
  ledge(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** The secret of a new token. */
  makeToken(name: string, grants: string): Promise<string>;
  /** Signed in, in a browser profile of its own. What goes wrong on it fails the file's tests. */
  page(options?: PageOptions): Promise<Page>;
}

/** What browsers report of answers that a test brings about: a new document is not there, a change is refused. */
const MEANT = /Failed to load resource: the server responded with a status of 4\d\d/;

export function serveConsole(name: string): ServedConsole {
  const { path: folder, remove } = temporaryFolder(name);
  const data = join(folder, "data");
  let server: StartedServer | undefined;
  let browser: TestBrowser | undefined;
  beforeEach(({ skip }) => skip(NO_BROWSER !== undefined, NO_BROWSER));
  beforeAll(async () => {
    server = await serve(data, ["--no-demo"]);
    if (NO_BROWSER === undefined) browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close().finally(() => server?.stop());
    remove();
  });
  const run: ServedConsole["ledge"] = (args, options) => ledge(["--data", data, ...args], options);
  return {
    folder,
    url: () => server?.url ?? "",
    token: () => readFileSync(join(data, "admin-token"), "utf8").trim(),
    ledge: run,
    async makeToken(owner, grants) {
      const { stdout, stderr } = await run(["token", "create", owner, "-g", grants]);
      const secret = /ldg_\S+/.exec(stdout)?.[0];
      if (secret === undefined) throw new Error(`no token was made: ${stderr}`);
      return secret;
    },
    page(options) {
      if (server === undefined || browser === undefined) throw new Error("nothing was started");
      return browser.open(server, { allowed: MEANT, ...options });
    },
  };
}

/** Another place of the console, in the same page. */
export function show(page: Page, hash: string): Promise<unknown> {
  return page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
}
