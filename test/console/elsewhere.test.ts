/** Pages of other origins, of another port and of another host name, before a browser that is signed in to the console. */
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { serveConsole } from "../../testkit/console-editor.ts";

const served = serveConsole("console-elsewhere");
let elsewhere: Server;
let port = 0;

beforeAll(async () => {
  await served.ledge(["ns", "put", "shop"]);
  await served.ledge(["put", "shop/secret", "told to nobody", "--if", "any"]);
  elsewhere = createServer((_request, answer) =>
    answer.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>elsewhere</title>"),
  );
  port = await new Promise((resolve) => {
    elsewhere.listen(0, "127.0.0.1", () => {
      const address = elsewhere.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
});
afterAll(() => elsewhere.close());

/** Each as a page tries it; gives what it could read, and otherwise nothing. */
const TRIES: Readonly<Record<string, string>> = {
  "a read with the session": `fetch(at + READ, { credentials: "include" }).then((a) => a.text())`,
  "a read with the console's header": `fetch(at + READ, { credentials: "include", headers: { "ledge-console": "1" } }).then((a) => a.text())`,
  "a read that may not be looked at": `fetch(at + READ, { credentials: "include", mode: "no-cors" }).then((a) => a.text())`,
  "a commit as plain text": `fetch(at + "/v1/commit", { method: "POST", credentials: "include", mode: "no-cors", body: COMMIT }).then((a) => a.text())`,
  "a commit with the console's header": `fetch(at + "/v1/commit", { method: "POST", credentials: "include", headers: { "ledge-console": "1", "content-type": "application/json" }, body: COMMIT }).then((a) => a.text())`,
  "a deletion": `fetch(at + "/v1/write/shop?key=secret", { method: "DELETE", credentials: "include", headers: { "ledge-console": "1", "if-match": "*" } }).then((a) => a.text())`,
  "a backup": `fetch(at + "/v1/backup/run", { method: "POST", credentials: "include", mode: "no-cors" }).then((a) => a.text())`,
  "a beacon": `(navigator.sendBeacon(at + "/v1/commit", COMMIT), "")`,
  "the end of the session": `fetch(at + "/console/session", { method: "DELETE", credentials: "include" }).then((a) => a.text())`,
  "a session of its own": `fetch(at + "/console/session", { method: "POST", credentials: "include", mode: "no-cors" }).then((a) => a.text())`,
  "an image": `new Promise((tell) => { const one = new Image(); one.onload = () => tell("loaded"); one.onerror = () => tell(""); one.src = at + READ; })`,
  "a script": `new Promise((tell) => { const one = document.createElement("script"); one.onload = () => tell("ran"); one.onerror = () => tell(""); one.src = at + READ; document.head.append(one); })`,
  "a style": `new Promise((tell) => { const one = document.createElement("link"); one.rel = "stylesheet"; one.onload = () => tell("read " + one.sheet?.cssRules.length); one.onerror = () => tell(""); one.href = at + READ; document.head.append(one); })`,
  "a stream of events": `new Promise((tell) => { const one = new EventSource(at + "/v1/changes?since=0", { withCredentials: true }); one.onmessage = (told) => tell(told.data); one.onopen = () => tell("opened"); one.onerror = () => { one.close(); tell(""); }; })`,
  "a socket": `new Promise((tell) => { const one = new WebSocket(at.replace("http", "ws") + "/v1/changes"); one.onopen = () => tell("opened"); one.onerror = () => tell(""); })`,
};

const COMMIT = JSON.stringify({
  message: "from elsewhere",
  changes: [
    {
      op: "put",
      namespace: "shop",
      key: "secret",
      mediaType: "text/plain",
      text: "changed",
      ifRevision: "any",
    },
  ],
});

/** By a form, into a frame, as text that is JSON. */
const FORM = `new Promise((tell) => {
  const frame = document.createElement("iframe");
  frame.name = "into";
  document.body.append(frame);
  const form = document.createElement("form");
  Object.assign(form, { method: "post", enctype: "text/plain", target: "into", action: at + "/v1/commit" });
  const field = document.createElement("input");
  field.name = COMMIT.slice(0, -1) + ',"author":"';
  field.value = '"}';
  form.append(field);
  document.body.append(form);
  frame.onload = () => tell("");
  form.submit();
})`;

describe.each([
  { from: "another port", host: "127.0.0.1" },
  { from: "another host name", host: "localhost" },
])("a page of $from", ({ host }) => {
  /** Beside the console, which is signed in, in one browser profile. */
  async function open() {
    const console = await served.page();
    const page = await console.context().newPage();
    await page.goto(`http://${host}:${port}/`);
    const names = { at: served.url(), READ: "/v1/read/shop?key=secret", COMMIT };
    const given = Object.entries(names).map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`);
    const run = (script: string) =>
      page.evaluate(
        `(async () => { ${given.join("")} try { return await (${script}); } catch { return ""; } })()`,
      );
    return { console, page, run };
  }

  test("changes nothing, reads nothing and ends no session", async () => {
    const [before, done] = [await log(), await granted()];
    const { console, run } = await open();
    for (const [name, script] of Object.entries(TRIES)) expect([name, await run(script)]).toEqual([name, ""]);
    await run(FORM);
    expect(await granted()).toEqual(done);
    expect(await log()).toBe(before);
    expect((await served.ledge(["get", "shop/secret"])).stdout).toBe("told to nobody");
    // The very same, sent by the console's own page, is done: the session is alive.
    const own = `fetch("/v1/read/shop?key=secret", { headers: { "ledge-console": "1" } }).then((a) => a.text())`;
    expect(await console.evaluate(own)).toBe("told to nobody");
  });

  test("gets no hold of the console that it opens, and frames none", async () => {
    const { page, run } = await open();
    const popup = page.waitForEvent("popup");
    await run(`(self.other = open(at + "/"), "")`);
    const opened = await popup;
    await opened.locator(".shell").waitFor();
    // To who opened it, it is a window that was closed: no message reaches it, and it knows of none who opened it.
    expect(await run("self.other.closed")).toBe(true);
    expect(await opened.evaluate("opener === null")).toBe(true);
    await run(`new Promise((tell) => {
      const frame = document.createElement("iframe");
      frame.onload = tell;
      frame.src = at + "/";
      document.body.append(frame);
    })`);
    const framed = page.frames().find((frame) => frame !== page.mainFrame());
    expect(framed?.url().startsWith(served.url())).toBe(false);
    expect(await framed?.locator(".shell, .sign-in").count()).toBe(0);
  });
});

async function log(): Promise<string> {
  return (await served.ledge(["log", "-n", "3", "-o", "json"])).stdout;
}

/** How often these routes did what was asked, as the server counts it: browsers hide that from everybody. */
async function granted(): Promise<string[]> {
  const headers = { authorization: `Bearer ${served.token()}` };
  const text = await (await fetch(`${served.url()}/metrics`, { headers })).text();
  return text.split("\n").filter((line) => GRANTED.test(line));
}
const GRANTED = /^ledge_http_requests_total\{.*(read|write|commit|backup).*status="20[01]/;
