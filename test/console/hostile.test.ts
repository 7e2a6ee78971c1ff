/** Documents, names and messages of somebody who means harm: shown as text, nothing runs, nothing hangs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser, type TestBrowser } from "../../testkit/browser.ts";
import { NO_BROWSER } from "../../testkit/chromium.ts";
import { type StartedServer, serve, temporaryFolder } from "../../testkit/processes.ts";

/** Each would run, or hide, or break the page, where it is taken for anything but text. */
const TEXTS = [
  "<script>document.title='ran'</script>",
  "<img src=x onerror=\"document.title='ran'\">",
  "<svg onload=\"document.title='ran'\"><script>document.title='ran'</script></svg>",
  "javascript:document.title='ran'",
  '"><iframe srcdoc="<script>parent.document.title=\'ran\'</script>">',
  "{{constructor.constructor('document.title=1')()}}",
  "\u202etxt.exe",
  "a\u0000b\u0007c\u001b[31mred",
  "__proto__",
  "constructor",
];

/** A key holds no control characters; a value does. */
const visible = (text: string) => text.replace(/\p{Cc}/gu, "");

describe.skipIf(NO_BROWSER !== undefined)("hostile content", () => {
  const folder = temporaryFolder("console-hostile");
  let server: StartedServer;
  let browser: TestBrowser;
  let token = "";
  const send = (method: string, path: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`${server.url}${path}`, {
      method,
      body,
      headers: { authorization: `Bearer ${token}`, ...headers },
    });
  beforeAll(async () => {
    browser = await openBrowser();
    server = await serve(folder.path, ["--no-demo"]);
    token = readFileSync(join(folder.path, "admin-token"), "utf8").trim();
    await send("PUT", "/v1/admin/namespaces/evil", "{}", { "content-type": "application/json" });
  });
  afterAll(async () => {
    await browser.close();
    await server.stop();
    folder.remove();
  });
  const commit = async (changes: object[], message?: string) => {
    const answer = await send("POST", "/v1/commit", JSON.stringify({ message, changes }), {
      "content-type": "application/json",
    });
    if (answer.status !== 200) throw new Error(await answer.text());
  };

  test("runs nowhere, as a key, a value, a message or a token's name", async () => {
    for (const [at, text] of TEXTS.entries()) {
      const key = `k/${visible(text)}`;
      const change = { op: "put", namespace: "evil", key, mediaType: "text/html", ifRevision: "any", text };
      await commit([change], visible(text) || `message ${at}`);
      await commit([
        {
          ...change,
          key: `json/${at}`,
          mediaType: "application/json",
          text: JSON.stringify({ [text]: text }),
        },
      ]);
    }
    const page = await browser.open(server, { at: "/ns/evil/k/" });
    await page.getByRole("link", { name: "__proto__" }).waitFor();
    for (const text of TEXTS) {
      const key = `k/${visible(text)}`;
      const hash = `#/doc/evil/${key.split("/").map(encodeURIComponent).join("/")}`;
      await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
      await page.locator(".value").waitFor();
      await page.getByText("Last change").waitFor();
    }
    for (const [at] of TEXTS.entries()) {
      await page.evaluate(`location.hash = ${JSON.stringify(`#/doc/evil/json/${at}`)}`);
      await page.getByRole("heading", { level: 1, name: `json/${at}`, exact: true }).waitFor();
    }
    await page.evaluate("location.hash = '#/timeline'");
    await page.getByRole("heading", { name: "Timeline" }).waitFor();
    expect(await page.title()).toBe("Timeline · Ledge");
    // What turns a line around is spelt.
    await page.evaluate(
      `location.hash = ${JSON.stringify(`#/doc/evil/k/${encodeURIComponent("\u202etxt.exe")}`)}`,
    );
    await page.getByRole("heading", { level: 1, name: "k/\\u202etxt.exe" }).waitFor();
  });

  test("of a megabyte on one line leaves the page at work", async () => {
    const text = JSON.stringify({ long: "x".repeat(1_000_000) });
    await commit([
      { op: "put", namespace: "evil", key: "long", mediaType: "application/json", ifRevision: "any", text },
    ]);
    const page = await browser.open(server, { at: "/doc/evil/long" });
    await page.getByRole("button", { name: /^Show all/ }).click();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
  });

  test("of 100,000 keys in one folder is gone through, a screen at a time", async () => {
    for (let from = 0; from < 100_000; from += 1000) {
      const changes = Array.from({ length: 1000 }, (_, at) => {
        const key = `many/${String(from + at).padStart(6, "0")}`;
        return { op: "put", namespace: "evil", key, mediaType: "text/plain", text: "x", ifRevision: 0 };
      });
      await commit(changes);
    }
    const page = await browser.open(server, { at: "/ns/evil/many/" });
    await page.getByRole("link", { name: "000000" }).focus();
    for (let nth = 0; nth < 3; nth += 1) {
      await page.keyboard.press("End");
      await page
        .getByRole("link", { name: new RegExp(`^00${nth + 1}\\d{3}`) })
        .first()
        .waitFor();
    }
    // Only what is in sight is made.
    expect(await page.locator(".list-row").count()).toBeLessThan(100);
  });
});
