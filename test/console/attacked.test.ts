/** The console where answers come late or not at all, where there is too much of everything, and where two tabs are open. */
import type { Page, Route } from "playwright-core";
import { describe, expect, test } from "vitest";
import { serveConsole, show } from "../../testkit/console-editor.ts";

const served = serveConsole("console-attacked");

/** As the administrator. */
async function send(method: string, path: string, json: object): Promise<void> {
  const answer = await fetch(`${served.url()}${path}`, {
    method,
    headers: { authorization: `Bearer ${served.token()}`, "content-type": "application/json" },
    body: JSON.stringify(json),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

const put = (text: string, message: string) =>
  send("POST", "/v1/commit", {
    message,
    changes: [{ op: "put", namespace: "shop", key: "a", mediaType: "text/plain", text, ifRevision: "any" }],
  });

const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name });

describe("a view", () => {
  test("that comes late takes no place of the one that was gone to", async () => {
    const page = await served.page();
    const caught = new Promise<Route>((resolve) => void page.route(/\/assets\/timeline/, resolve));
    await show(page, "#/timeline");
    const late = await caught;
    await show(page, "#/changes");
    await heading(page, "No changes wait").waitFor();
    await late.continue();
    const url = JSON.stringify(late.request().url());
    await page.evaluate(`import(${url}).then(() => new Promise(requestAnimationFrame))`);
    expect(await page.locator(".skeleton").count()).toBe(0);
    await heading(page, "No changes wait").waitFor();
  });

  test("has a name of its own in the browser's history", async () => {
    await send("PUT", "/v1/admin/namespaces/shop", { description: "turned \u202e around" });
    await put("x", "first");
    const page = await served.page();
    await page.getByText("turned \\u202e around").waitFor();
    await show(page, "#/doc/shop/a");
    await expect.poll(() => page.title()).toBe("shop/a · Ledge");
    await show(page, "#/timeline");
    await expect.poll(() => page.title()).toBe("Timeline · Ledge");
  });

  test("of the past has no hole and nothing twice, whatever comes meanwhile", async () => {
    for (let nth = 0; nth < 60; nth += 1) await put(`${nth}`, `commit ${nth}`);
    const page = await served.page({ at: "/timeline?ns=shop" });
    await page.getByText("commit 59", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Older" }).dblclick();
    await page.getByText("commit 0", { exact: true }).waitFor();
    await put("later", "commit 60");
    await page.getByText("commit 60", { exact: true }).waitFor();
    const shown = await page.locator(".timeline strong").allInnerTexts();
    expect(shown).toEqual([...Array.from({ length: 61 }, (_, nth) => `commit ${60 - nth}`), "first"]);
  });

  test("says why more of it did not come", async () => {
    const page = await served.page({ at: "/timeline?ns=shop" });
    await page.route(/cursor=/, (route) => route.fulfill({ status: 404, body: "" }));
    await page.getByRole("button", { name: "Older" }).click();
    await page.getByRole("alert").getByText("is not one of Ledge").waitFor();
    await page.unroute(/cursor=/);
    await page.getByRole("button", { name: "Older" }).click();
    await page.getByText("commit 0", { exact: true }).waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  test("of many namespaces shows a part, and narrows it by what is written", async () => {
    const names = Array.from({ length: 310 }, (_, nth) => `many-${nth}`);
    for (let at = 0; at < names.length; at += 31)
      await Promise.all(
        names.slice(at, at + 31).map((one) => send("PUT", `/v1/admin/namespaces/${one}`, {})),
      );
    const page = await served.page();
    await page.getByText("311 of 311, the first 300 are shown").waitFor();
    expect(await page.locator(".card").count()).toBe(300);
    await page.getByLabel("Those with this in their names").fill("MANY-309");
    await page.getByText("1 of 311").waitFor();
    await page.getByRole("link", { name: "many-309" }).waitFor();
    expect(await page.locator(".card").count()).toBe(1);
  });

  test("on a narrow screen shows where it stands among the others", async () => {
    const page = await served.page({ at: "/settings/status", width: 360 });
    const entry = page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Settings" });
    await expect
      .poll(async () => {
        const box = await entry.boundingBox();
        return box !== null && box.x >= 0 && box.x + box.width <= 360;
      })
      .toBe(true);
  });
});

test("what is typed at once after Ctrl-K is typed into the search", async () => {
  const page = await served.page();
  const opened = `dispatchEvent(new KeyboardEvent("keydown", { key: "k", ctrlKey: true }));
    (async () => {
      for (let nth = 0; nth < 10; nth += 1) await undefined;
      return document.activeElement.type;
    })()`;
  expect(await page.evaluate(opened)).toBe("search");
});

describe("two tabs of one browser", () => {
  test("are the same person at any time", async () => {
    const reader = await served.makeToken("who-reads", "read:shop");
    const one = await served.page();
    const other = await one.context().newPage();
    await other.goto(`${served.url()}/`);
    await other.locator(".user summary").click();
    await other.getByRole("button", { name: "Sign out" }).click();
    await one.getByLabel("Token").waitFor();
    await other.getByLabel("Token").fill(reader);
    await other.getByRole("button", { name: "Sign in" }).click();
    await one.locator(".user summary").getByText("who-reads").waitFor();
    expect(await one.getByRole("link", { name: "Settings" }).count()).toBe(0);
  });

  test("tell who a link has signed in, where somebody was signed in before", async () => {
    const token = await served.makeToken("whose-link", "read:shop");
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${served.url()}/console/code`, { method: "POST", headers });
    const [, code] = /"code":"([^"]+)"/.exec(await answer.text()) ?? [];
    const page = await (await served.page()).context().newPage();
    await page.goto(`${served.url()}/#code=${code}`);
    await page.getByText("This link has signed you in as whose-link.").waitFor();
  });
});
