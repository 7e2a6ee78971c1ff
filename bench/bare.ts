/** A bare Node HTTP server that answers the same bytes to everything, in a process of its own, as all the others are. */
import { spawn } from "node:child_process";

const PROGRAM = `const body = process.argv[1];
require("node:http").createServer((_, answer) => {
  answer.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  answer.end(body);
}).listen(0, "127.0.0.1", function () { console.log(this.address().port); });`;

export async function startBare(body: string): Promise<{ readonly url: string; stop(): void }> {
  const child = spawn(process.execPath, ["-e", PROGRAM, body], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise<string>((resolve) =>
    child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString().trim())),
  );
  return { url: `http://127.0.0.1:${port}/`, stop: () => void child.kill() };
}
