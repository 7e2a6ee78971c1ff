/** The console in a real browser, before real servers of both engines: each view's main path. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axe, openBrowser, type TestBrowser } from "../../testkit/browser.ts";
import { NO_BROWSER } from "../../testkit/chromium.ts";
import { type ConsoleScene, consoleScene } from "../../testkit/console-scene.ts";
import { serve, startServer, temporaryFolder } from "../../testkit/processes.ts";

/** What the browser itself reports of a change that is judged and not made. */
const MEANT = /Failed to load resource: the server responded with a status of 4\d\d/;

const ENGINES = [
  { engine: "native", start: serve },
  { engine: "Wasm", start: startServer },
];

describe.skipIf(NO_BROWSER !== undefined).each(ENGINES)(
  "the console before the $engine engine",
  ({ engine, start }) => {
    const folder = temporaryFolder(`console-${engine}`);
    let scene: ConsoleScene;
    let browser: TestBrowser;
    beforeAll(async () => {
      browser = await openBrowser();
      scene = await consoleScene(await start(folder.path, ["--no-demo"]));
    });
    afterAll(async () => {
      await browser.close();
      await scene.server.stop();
      folder.remove();
    });
    const open = (at: string, options = {}) => browser.open(scene.server, { at, ...options });
    const loaded = async (page: Page) => {
      await heading(page, /./).first().waitFor();
      await page.locator(".skeleton").first().waitFor({ state: "detached" });
    };
    const heading = (page: Page, name: string | RegExp) => page.getByRole("heading", { name, level: 1 });

    test("leads from the namespaces to a document by links", async () => {
      const page = await open("/");
      await page.getByRole("link", { name: /^shop/ }).click();
      await page.getByRole("link", { name: "limits/" }).click();
      await page.getByRole("link", { name: /^api/ }).click();
      await heading(page, "limits/api").waitFor();
      expect(await page.locator(".value").textContent()).toContain('"rps": 200');
      await page.getByText("raise them for the sale").waitFor();
      expect(new URL(page.url()).hash).toBe("#/doc/shop/limits/api");
    });

    test("finds keys and values with the keyboard alone", async () => {
      const page = await open("/");
      await page.keyboard.press("Control+k");
      await page.keyboard.type("burst");
      await page.getByRole("option", { name: /limits\/api/ }).waitFor();
      await page.keyboard.press("Enter");
      await heading(page, "limits/api").waitFor();
    });

    test.skipIf(engine !== "native")("offers to make what is not there", async () => {
      const page = await open("/doc/shop/limits/none", { allowed: MEANT });
      await page.getByText("There is no such document now.").waitFor();
      await page.getByRole("link", { name: "Make it" }).click();
      await heading(page, "New document in shop").waitFor();
      expect(await page.getByLabel("Key").inputValue()).toBe("limits/none");
    });

    test("shows a document as it was at a revision", async () => {
      const page = await open("/timeline?ns=shop");
      await page.getByRole("link", { name: /first limits/ }).click();
      await page.getByRole("link", { name: "shop as it was then" }).click();
      await page.getByRole("link", { name: "limits/" }).click();
      await page.getByRole("link", { name: /^api/ }).click();
      await page.getByText(/As it was at revision/).waitFor();
      expect(await page.locator(".value").textContent()).toContain('"rps": 100');
    });

    test("reverts a commit after showing what that would do", async () => {
      await scene.run("put", "shop/banner", "Good evening", "--if", "any", "-m", "evening");
      const page = await open("/timeline?ns=shop");
      await page.getByRole("link", { name: /evening/ }).click();
      await page.getByRole("button", { name: "Revert …" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByText("1 document changed.").waitFor();
      expect(await dialog.locator(".patch").textContent()).toMatch(/-Good evening\s*\+Good morning/);
      await page.getByRole("button", { name: "Revert it" }).click();
      await heading(page, /^revert: evening/).waitFor();
      expect((await scene.run("get", "shop/banner")).stdout).toBe("Good morning");
    });

    test("promotes picked keys of one namespace into another", async () => {
      const page = await open("/compare?ns=stage&toNs=shop");
      await page.getByRole("checkbox", { name: "Pick limits/api" }).check();
      await page.getByRole("button", { name: "Promote 1 key to shop" }).click();
      await page.getByText("1 document changed.").waitFor();
      await page.getByRole("button", { name: "Do it" }).click();
      await page.getByText(/Saved as revision/).waitFor();
      expect((await scene.run("get", "shop/limits/api")).stdout).toBe('{"rps":500}');
      // What was not picked stays.
      expect((await scene.run("get", "shop/limits/web")).stdout).toBe('{"rps":10}');
    });

    test("makes a token that works, and shows it once", async () => {
      const page = await open("/settings/tokens");
      await page.getByRole("button", { name: "Make a token …" }).click();
      await page.getByLabel("Who or what will use it").fill("from the console");
      await page.getByRole("combobox", { name: /^over/ }).selectOption("shop");
      await page.getByRole("button", { name: "Make it" }).click();
      const shown = page.getByRole("dialog", { name: "The token, shown this once" }).locator("code");
      const token = await shown.textContent();
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`${scene.server.url}/v1/read/shop?key=banner`, { headers });
      expect(answer.status).toBe(200);
      await page.getByRole("button", { name: "Close" }).click();
      expect(token).toMatch(/^ldg_/);
      expect(await page.content()).not.toContain(token);
    });

    test("makes a namespace and a policy that counts, by forms and after a plan", async () => {
      const page = await open("/settings/namespaces", { allowed: MEANT });
      await page.getByLabel("A new namespace").fill("made-here");
      await page.getByRole("button", { name: "Make …" }).click();
      await page.getByLabel("Description").fill("made in a browser");
      await page.getByLabel("The past is kept for").fill("30");
      await page.getByRole("button", { name: "Plan" }).click();
      await page.getByText(/States older than 30 days go/).waitFor();
      expect((await scene.run("ns", "ls", "-o", "json")).stdout).not.toContain("made-here");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("link", { name: "made-here" }).waitFor();
      await page.getByText("made in a browser").waitFor();
      await page.getByRole("link", { name: "Policies" }).click();
      await page.getByLabel("A new one for").selectOption("made-here");
      await page.getByRole("button", { name: "Make …" }).click();
      await page.getByLabel("Changed by one commit, at most").fill("0");
      await page.getByLabel("Deleted by one commit, at most").fill("");
      await page.getByRole("button", { name: "Plan" }).click();
      await page.getByText('+ "keysChanged": 0').waitFor();
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByText("keysChanged ≤ 0").waitFor();
      await expect(scene.run("put", "made-here/a", "1", "--if", "any")).rejects.toThrow(/polic/);
    });

    test("says what is proven, and what a restore would lose", async () => {
      await scene.run("backup", "run");
      await scene.run("put", "shop/banner", "Later", "--if", "any", "-m", "after the backup");
      const page = await open("/backups");
      await page
        .getByRole("button", { name: /^revision \d+$/ })
        .first()
        .click();
      await page.getByText(/made since then would\s+be lost/).waitFor();
      await page.getByRole("link", { name: /^\d+$/ }).first().waitFor();
      await page.getByText("after the backup").waitFor();
      await page.getByRole("button", { name: "Back up now" }).click();
      await page.getByText(/The bucket has everything up to revision/).waitFor();
    });

    test("halts a rollout and takes it back", async () => {
      await scene.run("channel", "set", "shop/stable", "--to", "5");
      await scene.run("rollout", "start", "shop/stable", "--to", "6", "--step", "10%", "--step", "100%");
      const page = await open("/rollouts");
      await page.getByRole("link", { name: "shop/stable" }).click();
      await page.getByRole("button", { name: "Halt …" }).click();
      await page.getByRole("button", { name: "Halt", exact: true }).click();
      await page.getByText(/^paused, step 1 of 2/).waitFor();
      await page.getByRole("button", { name: "Roll back …" }).click();
      await page.getByRole("button", { name: "Roll back", exact: true }).click();
      await page.getByText("aborted", { exact: true }).waitFor();
      expect((await scene.run("rollout", "status", "shop/stable")).stdout).toContain("aborted");
    });

    test("offers no change while the store is read-only, and all of them afterwards", async () => {
      const page = await open("/settings/status");
      await page.getByRole("button", { name: "Close for writes …" }).click();
      await page.getByRole("button", { name: "Close it" }).click();
      await page.getByText(/no change is taken/).waitFor();
      await page.evaluate("location.hash = '#/doc/shop/limits/web'");
      await page.getByRole("link", { name: "History" }).waitFor();
      expect(await page.getByRole("link", { name: "Edit" }).count()).toBe(0);
      expect(await page.getByRole("button", { name: "Delete" }).count()).toBe(0);
      const reader = await open("/doc/shop/limits/web", { token: scene.reader });
      await reader.getByText(/no change is taken/).waitFor();
      await scene.run("mode", "open");
      await scene.run("put", "shop/limits/web", '{"rps":11}', "--if", "any");
      await page.getByText(/no change is taken/).waitFor({ state: "detached" });
      await page.getByRole("link", { name: "Edit" }).waitFor();
    });

    test("shows edges that report, and when a revision is live", async () => {
      await scene.report("fra-1", "shop");
      const page = await open("/fleet");
      await page.getByRole("cell", { name: /fra-1/ }).waitFor();
      await page.getByText(/Yes: every edge that is not silent serves it/).waitFor();
    });

    test("offers a reader nothing that the token may not do", async () => {
      const page = await open("/doc/shop/limits/web", { token: scene.reader });
      await heading(page, "limits/web").waitFor();
      const views = page.getByRole("navigation", { name: "Views" });
      expect(await views.getByRole("link").allInnerTexts()).toEqual(["Browse", "Timeline", "Compare"]);
      await page.getByText("Last change").waitFor();
      expect(await page.getByRole("link", { name: "Edit" }).count()).toBe(0);
    });

    // What a page looks like does not depend on what answers it, and neither does what it reckons.

    test.skipIf(engine !== "native")(
      "gives the command that restores a point, and what it costs",
      async () => {
        await scene.run("backup", "run");
        const page = await open("/backups");
        await page
          .getByRole("button", { name: /^revision \d+$/ })
          .first()
          .click();
        const [, beside = ""] = await page.locator(".preview .command code").allInnerTexts();
        const restored = join(folder.path, "restored.db");
        const words = beside.split(" ").map((word) => (word === "restored.db" ? restored : word));
        await scene.run("--data", scene.server.dataDir, ...words.slice(1));
        expect(existsSync(restored)).toBe(true);
        await page.getByText("What the bucket costs, about").click();
        await page.getByLabel(/^Price: PUT/).fill("0");
        await page.getByLabel(/^Price: Stored/).fill("100000000");
        await page.keyboard.press("Tab");
        await page.getByText(/About [1-9][\d,]+\.\d\d a month/).waitFor();
      },
    );

    test
      .skipIf(engine !== "native")
      .each([
        { at: "/" },
        { at: "/doc/shop/limits/api" },
        { at: "/timeline" },
        { at: "/compare?ns=stage&toNs=shop" },
        { at: "/rollouts" },
        { at: "/fleet" },
        { at: "/backups" },
        { at: "/settings/tokens" },
        { at: "/settings/status" },
      ])("is fit for readers by other means at $at, in both themes", async ({ at }) => {
      for (const theme of ["light", "dark"] as const) {
        const page = await open(at, { theme });
        await loaded(page);
        expect([theme, await axe(page)]).toEqual([theme, []]);
        await page.context().close();
      }
    });

    test.skipIf(engine !== "native").each([360, 800, 1600])(
      "fits a screen of %d pixels without scrolling sideways",
      async (width) => {
        for (const at of [
          "/",
          "/doc/shop/limits/api",
          "/timeline",
          "/backups",
          "/settings/tokens",
          "/fleet",
        ]) {
          const page = await open(at, { width });
          await loaded(page);
          const wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
          expect([at, Number(wide) <= 0]).toEqual([at, true]);
          await page.context().close();
        }
      },
    );
  },
);
