import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { axe } from "../../testkit/browser.ts";
import { serveConsole, show } from "../../testkit/console-editor.ts";

const console = serveConsole("console-editor");
const { ledge } = console;

const SCHEMA = {
  type: "object",
  additionalProperties: false,
  properties: {
    rps: { type: "integer", minimum: 1, maximum: 1000 },
    big: { type: "number" },
    mode: { enum: ["soft", "hard"] },
  },
};
const LIMITS = '{"rps":100,"big":12345678901234567891}';

beforeAll(async () => {
  for (const name of ["shop", "talk", "tray", "files", "tight"]) await ledge(["ns", "put", name]);
  await ledge(["ns", "put", "talk", "--message-required"]);
  await ledge(["schema", "put", "shop", "--scope", "limits/", "-"], { stdin: JSON.stringify(SCHEMA) });
});

/** As the administrator, and whatever stands there. */
async function ask(method: "GET" | "PUT", target: string, about: RequestInit = {}): Promise<Response> {
  const cut = target.indexOf("/");
  const path = method === "GET" ? "read" : "write";
  const query = new URLSearchParams({ key: target.slice(cut + 1) });
  return fetch(`${console.url()}/v1/${path}/${target.slice(0, cut)}?${query}`, {
    ...about,
    method,
    headers: { authorization: `Bearer ${console.token()}`, ...about.headers },
  });
}

async function put(target: string, body: string, type: string): Promise<void> {
  const there = (await ask("GET", target)).ok;
  const condition: Record<string, string> = there ? { "if-match": "*" } : {};
  const answer = await ask("PUT", target, { body, headers: { "content-type": type, ...condition } });
  expect(await answer.text()).toContain('"revision"');
}

async function value(target: string): Promise<string> {
  return (await ask("GET", target)).text();
}

/** The text of an editor that is there. */
function textOf(page: Page) {
  return page.getByRole("textbox", { name: /^Text of/ });
}

async function edit(page: Page, target: string): Promise<void> {
  await show(page, `#/edit/${target}`);
  await textOf(page).waitFor();
  await textOf(page).focus();
}

async function savePlanned(page: Page, why = ""): Promise<void> {
  await page.getByLabel(/^Why \(/).fill(why);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText(/Saved as/).waitFor();
}

/** To the end of a line, from the beginning. */
async function goToLine(page: Page, line: number): Promise<void> {
  await page.keyboard.press("Control+Home");
  for (let at = 1; at < line; at += 1) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("End");
}

describe("the editor", () => {
  test("saves what is written, by a plan, and leaves every other byte", async () => {
    await put("shop/limits/api", LIMITS, "application/json");
    const page = await console.page();
    await edit(page, "shop/limits/api");
    await goToLine(page, 2);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.type("0");
    await page.getByText('+ "rps": 1000,').waitFor();
    await page.keyboard.press("Control+s");
    await page.getByText(/38 B → 39 B/).waitFor();
    expect(await value("shop/limits/api")).toBe(LIMITS);
    await savePlanned(page, "more of it");
    expect(await value("shop/limits/api")).toBe(LIMITS.replace("100", "1000"));
    const log = await ledge(["log", "-n", "1"]);
    expect(log.stdout).toContain("more of it");
  });

  test("marks what the schema forbids at its line, where F8 goes", async () => {
    await put("shop/limits/marked", LIMITS, "application/json");
    const page = await console.page();
    await edit(page, "shop/limits/marked");
    await goToLine(page, 2);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.type("000");
    await page.getByRole("button", { name: /^line 2:.*1000/ }).waitFor();
    await page.keyboard.press("Control+End");
    await page.keyboard.press("F8");
    await page.keyboard.press("Shift+End");
    await page.keyboard.type("7,");
    await page.getByText("No faults known.").waitFor();
  });

  test("shows what the server refuses, too, and saves nothing of it", async () => {
    await put("shop/limits/refused", "rps: 5\n", "application/yaml");
    const page = await console.page();
    await edit(page, "shop/limits/refused");
    await goToLine(page, 1);
    await page.keyboard.type("0000");
    await page.keyboard.press("Control+s");
    await page.getByText("The server would refuse this:").waitFor();
    expect(await page.getByRole("button", { name: "Save", exact: true }).isDisabled()).toBe(true);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: /^line 1: \/rps/ }).waitFor();
  });

  test("offers what the schema has, by the keyboard alone", async () => {
    const page = await console.page();
    await edit(page, "shop/limits/new?new=1&type=application/json");
    await page.keyboard.type('"mo');
    await page.getByRole("option", { name: "mode" }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("option", { name: '"hard"' }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Control+s");
    await savePlanned(page);
    expect(JSON.parse(await value("shop/limits/new"))).toEqual({ mode: "hard" });
  });

  test("keeps line ends and what cannot be seen, and shows it", async () => {
    const text = "a=1\r\nb=\u202e<b>&amp;\u0000\r\n__proto__=2\r\n";
    await put("shop/odd.properties", text, "text/plain");
    const page = await console.page();
    await edit(page, "shop/odd.properties");
    await page.getByText("\\u202e", { exact: true }).first().waitFor();
    await goToLine(page, 1);
    await page.keyboard.type("0");
    await page.keyboard.press("Control+s");
    await savePlanned(page);
    expect(await value("shop/odd.properties")).toBe(text.replace("a=1", "a=10"));
  });

  test("asks for a message where the namespace demands one", async () => {
    const page = await console.page();
    await edit(page, "talk/one?new=1&type=text/plain");
    await page.keyboard.type("hello");
    await page.keyboard.press("Control+s");
    await page.getByText("Say why first.").waitFor();
    expect(await page.getByRole("button", { name: "Save", exact: true }).isDisabled()).toBe(true);
    await savePlanned(page, "a greeting");
    expect(await value("talk/one")).toBe("hello");
  });
});

describe("a plan that breaks a policy", () => {
  test("is saved for a reason alone, which the commit keeps", async () => {
    await put("tight/a", "1", "text/plain");
    await ledge(["policy", "put", "tight", "--max-changed", "0"]);
    const page = await console.page();
    await edit(page, "tight/a");
    await page.keyboard.type("2");
    await page.keyboard.press("Control+s");
    await page.getByText("policy_violation").waitFor();
    expect(await page.getByRole("button", { name: "Save", exact: true }).isDisabled()).toBe(true);
    await page.getByLabel(/^Why a policy may be broken/).fill("INC-311");
    await page.getByRole("button", { name: "Plan with this override" }).click();
    await page.getByText("overridden", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText(/Saved as/).waitFor();
    expect(await value("tight/a")).toBe("21");
    expect((await ledge(["log", "-n", "1", "-o", "json"])).stdout).toContain("INC-311");
  });
});

describe("a draft", () => {
  test("outlives a reload, and is gone once it is discarded", async () => {
    await put("shop/drafted", "one\n", "text/plain");
    const page = await console.page();
    await edit(page, "shop/drafted");
    await page.keyboard.type("two ");
    await page.reload();
    await textOf(page).waitFor();
    await page.getByText(/This is your draft/).waitFor();
    expect(await textOf(page).textContent()).toContain("two one");
    await page.getByRole("button", { name: "Discard" }).click();
    await page.getByRole("link", { name: "Edit", exact: true }).waitFor();
    const kept = await page.evaluate<string[]>("Object.keys(localStorage)");
    expect(kept.filter((name) => name.startsWith("ledge-draft"))).toEqual([]);
  });

  test("is merged with what somebody else has saved meanwhile", async () => {
    await put("shop/merged", "a: 1\nb: 2\nc: 3\n", "application/yaml");
    const page = await console.page();
    await edit(page, "shop/merged");
    await goToLine(page, 1);
    await page.keyboard.type("0");
    await put("shop/merged", "a: 1\nb: 2\nc: 30\n", "application/yaml");
    await page.getByRole("button", { name: "Merge theirs into mine" }).click();
    await page.keyboard.press("Control+s");
    await savePlanned(page);
    expect(await value("shop/merged")).toBe("a: 10\nb: 2\nc: 30\n");
  });

  test("loses nothing where both changed a line, and is not saved with marks", async () => {
    await put("shop/fought", "a: 1\n", "application/yaml");
    const page = await console.page();
    await edit(page, "shop/fought");
    await goToLine(page, 1);
    await page.keyboard.type("0");
    await put("shop/fought", "a: 2\n", "application/yaml");
    await page.getByRole("button", { name: "Merge theirs into mine" }).click();
    await page.getByRole("button", { name: /^line 1: Choose what stays/ }).waitFor();
    const merged = await textOf(page).textContent();
    expect(merged).toContain("a: 10");
    expect(merged).toContain("a: 2");
    expect(await page.getByRole("button", { name: "Plan and save" }).isDisabled()).toBe(true);
    await page.keyboard.press("Control+a");
    await page.keyboard.type("a: 12");
    await page.keyboard.press("Control+s");
    await savePlanned(page);
    expect(await value("shop/fought")).toContain("a: 12");
  });
});

describe("changes that are not saved", () => {
  test("are saved together as one revision, deletions too", async () => {
    await put("tray/old", "old", "text/plain");
    const page = await console.page();
    for (const key of ["one", "two"]) {
      await edit(page, `tray/${key}?new=1&type=text/plain`);
      await page.keyboard.type(key);
      await page.getByRole("button", { name: "Leave it as a draft" }).click();
    }
    await show(page, "#/doc/tray/old");
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Add to the changes" }).click();
    expect(await value("tray/old")).toBe("old");
    await page.getByRole("link", { name: /^Changes\s*3$/ }).click();
    await page.getByRole("button", { name: "Plan 3 changes" }).click();
    await savePlanned(page, "together");
    const shown = await ledge(["log", "-n", "1", "-o", "json"]);
    expect(shown.stdout).toContain("together");
    expect(shown.stdout).toMatch(/"changeCount":\s*3/);
    await page.getByRole("link", { name: "Changes", exact: true }).waitFor();
  });

  test("a document is deleted at once by a second yes", async () => {
    await put("tray/gone", "gone", "text/plain");
    const page = await console.page();
    await show(page, "#/doc/tray/gone");
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Delete it" }).click();
    await page.getByText(/Saved as/).waitFor();
    expect((await ask("GET", "tray/gone")).status).toBe(404);
  });
});

describe("files that are brought", () => {
  test("become documents, with the types that their names say", async () => {
    const folder = join(console.folder, "brought");
    mkdirSync(join(folder, "sub", ".git"), { recursive: true });
    writeFileSync(join(folder, "a.json"), '{"a":1}');
    writeFileSync(join(folder, "sub", "b.yaml"), "b: 1\n");
    writeFileSync(join(folder, "sub", ".git", "config"), "x");
    const page = await console.page();
    await show(page, "#/import/files");
    await page.locator("input[webkitdirectory]").setInputFiles(folder);
    await page.getByText("2 files, 12 B").waitFor();
    await page.getByRole("button", { name: "Plan" }).click();
    await savePlanned(page);
    expect(await value("files/a.json")).toBe('{"a":1}');
    const { stdout } = await ledge(["ls", "files", "-a", "-o", "json"]);
    expect(stdout).toContain("application/yaml");
    expect(stdout).not.toContain(".git");
  });

  test("by a folder that is dropped become the same, without the folder's name", async () => {
    const folder = join(console.folder, "dropped");
    mkdirSync(join(folder, "sub", ".git"), { recursive: true });
    for (const path of ["z.txt", "sub/b.yaml", "sub/.git/config"])
      writeFileSync(join(folder, path), "b: 1\n");
    const page = await console.page();
    await show(page, "#/import/dropped");
    await dropped(page, "Drop a folder or files here", folder);
    await page.getByText("2 files, 10 B").waitFor();
    const [first] = await page.locator("ul.tray li").allTextContents();
    expect(first).toContain("sub/b.yaml");
  });
});

/** As by a hand: of what is dropped from outside only the browser itself makes entries. */
async function dropped(page: Page, onto: string, file: string): Promise<void> {
  const box = await page.getByText(onto).boundingBox();
  if (box === null) throw new Error(`there is no "${onto}"`);
  const browser = await page.context().newCDPSession(page);
  const data = { items: [], files: [file], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const)
    await browser.send("Input.dispatchDragEvent", { type, x: box.x + 5, y: box.y + 5, data });
}

describe("what a token may not do", () => {
  test("is not offered", async () => {
    await put("shop/read", "read", "text/plain");
    const page = await console.page({ token: await console.makeToken("reader", "read:shop") });
    await show(page, "#/doc/shop/read");
    await page.getByRole("heading", { name: "read", exact: true }).waitFor();
    await page.getByRole("button", { name: "Copy value" }).waitFor();
    for (const name of ["Edit", "Changes", "Proposals"])
      expect(await page.getByRole("link", { name, exact: true }).count()).toBe(0);
    expect(await page.getByRole("button", { name: "Delete" }).count()).toBe(0);
  });
});

describe("everybody", () => {
  for (const theme of ["light", "dark"] as const)
    test(`can use the editor and its plan (axe finds nothing, ${theme})`, async () => {
      await put("shop/limits/seen", LIMITS, "application/json");
      const page = await console.page({ theme, width: 800 });
      await edit(page, "shop/limits/seen");
      await goToLine(page, 2);
      await page.keyboard.press("ArrowLeft");
      await page.keyboard.type("000");
      await page.getByRole("button", { name: /^line 2:/ }).waitFor();
      expect(await axe(page)).toEqual([]);
      await page.keyboard.press("Control+s");
      await page.getByText("The server would refuse this:").waitFor();
      expect(await axe(page)).toEqual([]);
      for (const hash of ["#/changes", "#/proposals", "#/import"]) {
        await show(page, hash);
        await page.getByRole("heading", { level: 1 }).waitFor();
        expect([hash, await axe(page)]).toEqual([hash, []]);
      }
    });
});
