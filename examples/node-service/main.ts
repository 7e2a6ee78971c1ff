/**
 * A Node service that follows its configuration: what `limits/api` says holds from the moment at which it is changed, and
 * goes on to hold while Ledge is away, also after a restart.
 *
 * Bundle it with esbuild and run it with LEDGE_URL, LEDGE_TOKEN and PORT; the last known good lies in KEEP_FILE.
 */
import { createServer } from "node:http";
import { z } from "zod";
import { openConfig } from "../../packages/client/index.ts";
import { keepInFile } from "../../packages/client/node.ts";

const Limits = z.object({ requestsPerSecond: z.int() }).default({ requestsPerSecond: 10 });

const config = openConfig({
  url: process.env.LEDGE_URL ?? "http://127.0.0.1:3000",
  token: process.env.LEDGE_TOKEN,
  namespace: "demo",
  keep: keepInFile(process.env.KEEP_FILE ?? "configuration.json"),
  onTrouble: (error) => console.error(String(error)),
});

let limits = await config.get("limits/api", Limits);
config.watch("limits/api", async () => {
  limits = await config.get("limits/api", Limits).catch((error) => {
    // A value that does not fit is no reason to stop: the last good one holds.
    console.error(String(error));
    return limits;
  });
});

const server = createServer((_, response) => {
  response.end(`this service takes ${limits.requestsPerSecond} requests a second\n`);
});
server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  const address = server.address();
  console.log(`listening on port ${typeof address === "object" ? address?.port : address}`);
});

process.once("SIGTERM", async () => {
  server.close();
  await config.close();
});
