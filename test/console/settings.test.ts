/** Settings in a browser: forms and JSON, what stands against them at its place, and what a change would do, before it is made. */
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { axe } from "../../testkit/browser.ts";
import { serveConsole, show } from "../../testkit/console-editor.ts";

const served = serveConsole("console-settings");
const { ledge } = served;

beforeAll(async () => {
  await ledge(["ns", "put", "shop", "--keep-days", "90", "--quota-bytes", "1048576"]);
  await ledge(["put", "shop/limits/api", '{"rps":500}', "--if", "any"]);
  await ledge(["put", "shop/limits/web", '{"rps":5}', "--if", "any"]);
});

const plan = (page: Page) => page.getByRole("button", { name: "Plan", exact: true }).click();
const save = (page: Page) => page.getByRole("button", { name: "Save", exact: true }).click();

async function makeFor(page: Page, tab: string, scope: string): Promise<void> {
  await show(page, `#/settings/${tab}`);
  await page.getByLabel("A new one for").selectOption("shop");
  await page.getByLabel(/^Scope/).fill(scope);
  await page.getByRole("button", { name: "Make …" }).click();
}

describe("a namespace", () => {
  test("is changed in its units, as a form and as JSON, with what that does", async () => {
    const page = await served.page({ at: "/settings/namespaces" });
    await page.getByRole("button", { name: "Change shop" }).click();
    expect(await page.getByLabel("A second person approves").locator("option").count()).toBe(3);
    const size = page.getByLabel("Values together, at most");
    expect([await size.inputValue(), await page.getByLabel("Unit").inputValue()]).toEqual(["1", "MiB"]);
    await page.getByLabel("Unit").selectOption("bytes");
    expect(await size.inputValue()).toBe("1");
    await page.getByLabel("Anybody may read it").check();
    await page.getByRole("button", { name: "As JSON" }).click();
    const json = page.getByRole("textbox", { name: "As JSON" });
    expect(await json.textContent()).toContain('"bytes": 1');
    await page.getByRole("button", { name: "As a form" }).click();
    await plan(page);
    const warnings = page.getByLabel("Warnings");
    await warnings.getByText(/Whoever reaches this server reads it from now on: 2 documents/).waitFor();
    await warnings.getByText(/It holds more than that already/).waitFor();
    await page.getByLabel("Why (kept with the commit)").fill("for everybody");
    await save(page);
    await page.getByText("Namespace shop: saved").waitFor();
    expect((await fetch(`${served.url()}/v1/read/shop?key=limits/web`)).status).toBe(200);
    expect((await ledge(["log", "-n", "1"])).stdout).toContain("for everybody");
    await ledge(["ns", "put", "shop", "--unset", "public", "--unset", "quota-bytes"]);
  });

  test("that somebody else has changed meanwhile is not written over", async () => {
    const page = await served.page({ at: "/settings/namespaces" });
    await page.getByRole("button", { name: "Change shop" }).click();
    await page.getByLabel("Description").fill("mine");
    await plan(page);
    await ledge(["ns", "put", "shop", "--description", "theirs"]);
    await save(page);
    await page.getByRole("alert").getByText("stale", { exact: true }).waitFor();
    expect((await ledge(["ns", "ls", "-o", "json"])).stdout).toContain("theirs");
  });
});

describe("a policy", () => {
  test("says at the field what is wrong with it, and who may break it", async () => {
    const page = await served.page();
    await makeFor(page, "policies", "limits/");
    await page.getByText(/Whoever holds the verb override over it/).waitFor();
    await page.getByRole("button", { name: "Add a freeze" }).click();
    await page.getByLabel("From (your time)").fill("2030-01-02T00:00");
    await page.getByLabel("Until right before (your time)").fill("2030-01-01T00:00");
    await page.getByLabel("Why", { exact: true }).fill("the sale");
    await plan(page);
    const freezes = page.locator(".setting", { hasText: "From one moment until" });
    await freezes.getByText("it ends after it begins").waitFor();
    expect(await axe(page)).toEqual([]);
    await page.getByLabel("Until right before (your time)").fill("2030-01-03T00:00");
    await plan(page);
    await save(page);
    await page.getByText("keysChanged ≤ 20, keysDeleted ≤ 5, 1 freeze").waitFor();
    const { stdout } = await ledge(["policy", "ls", "shop", "-o", "json"]);
    expect(stdout).toContain(new Date("2030-01-03T00:00").toISOString());
  });
});

describe("a policy of a whole namespace", () => {
  test("keeps the review of rollouts when a budget is changed, and says when it goes", async () => {
    await ledge(["policy", "put", "shop", "--rollouts", "review", "--max-changed", "7"]);
    const page = await served.page({ at: "/settings/policies" });
    const policy = page.getByRole("button", { name: "shop/", exact: true });
    await policy.click();
    const rollouts = page.getByLabel("Rollouts begin");
    expect(await rollouts.inputValue()).toBe("review");
    await page.getByLabel("Changed by one commit, at most").fill("8");
    await plan(page);
    await save(page);
    await page.getByText("keysChanged ≤ 8, rollouts are reviewed").waitFor();
    await policy.click();
    await rollouts.selectOption("at once");
    await plan(page);
    await page.getByLabel("Warnings").getByText("Nobody has to approve rollouts any more.").waitFor();
    await ledge(["policy", "rm", "shop"]);
  });
});

describe("a schema", () => {
  test("names the documents that would fail it, and is put all the same if that is said", async () => {
    const page = await served.page();
    await makeFor(page, "schemas", "limits/");
    const json = page.getByRole("textbox", { name: "As JSON" });
    await json.fill('{"properties": {"rps": {"maximum": "ten"}}}');
    await plan(page);
    await page.getByRole("alert").getByText("schema_invalid").waitFor();
    await json.fill('{"properties": {"rps": {"maximum": 100}}}');
    await plan(page);
    const alert = page.getByRole("alert");
    await alert.getByRole("link", { name: "limits/api" }).waitFor();
    expect(await alert.getByRole("link").count()).toBe(1);
    expect((await ledge(["schema", "ls", "shop"])).stdout).not.toContain("limits/");
    await page.getByLabel(/^Put it all the same/).check();
    await plan(page);
    await save(page);
    await page.getByText("Schema of shop/limits/: saved").waitFor();
    expect((await ledge(["put", "shop/limits/web", '{"rps":101}', "--if", "any"])).stderr).toContain("rps");
  });
});
