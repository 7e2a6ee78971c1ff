/**
 * A page in a real browser, without a library to drive it: a server gives it its files, and the page posts back each text that it
 * shows. Chromium is the machine's (Debian's `chromium`).
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { BROWSER } from "../../testkit/chromium.ts";

const REPORTS = `<script>
const line = document.querySelector("output");
new MutationObserver(() => fetch("/shown", { method: "POST", body: line.textContent }))
  .observe(line, { childList: true, characterData: true, subtree: true });
</script>`;

export interface PageServer {
  readonly origin: string;
  /** All that the page has shown, in order. */
  readonly shown: string[];
  close(): void;
}

/** Serves `index.html`, whose script is the file of `script()`. */
export async function servePage(index: string, script: () => string): Promise<PageServer> {
  const shown: string[] = [];
  const answerTo = async (request: IncomingMessage): Promise<readonly [type: string, body: string]> => {
    if (request.url === "/shown") shown.push(await text(request));
    if (request.url === "/page.js") return ["text/javascript", readFileSync(script(), "utf8")];
    return ["text/html", readFileSync(index, "utf8").replace("</output>", `</output>${REPORTS}`)];
  };
  const server = createServer(async (request, response) => {
    const [type, body] = await answerTo(request);
    response.writeHead(200, { "content-type": type }).end(body);
  }).listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin: `http://127.0.0.1:${port}`, shown, close };
}

/** Opens a page in a browser of its own; gives what ends it with all its processes. */
export function openInChromium(url: string, profile: string): () => Promise<void> {
  const flags = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
  ];
  const child = spawn(
    BROWSER ?? "",
    [...flags, "--remote-debugging-port=0", `--user-data-dir=${profile}`, url],
    {
      detached: true,
      stdio: "ignore",
    },
  );
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  return () => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    return ended;
  };
}
