/**
 * Secrets that must not turn up anywhere, and the places where they are looked for: what a server said, what it answered,
 * and every file that it wrote. Promise: a packed object is looked at unpacked, too, and a secret also in base64 and hex.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

export interface Place {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Where any of the secrets stands, as "its name in the place's". */
export function findSecrets(secrets: Readonly<Record<string, string>>, places: readonly Place[]): string[] {
  return Object.entries(secrets).flatMap(([name, secret]) =>
    places
      .filter(({ bytes }) => formsOf(secret).some((form) => bytes.includes(form)))
      .map((place) => `${name} in ${place.name}`),
  );
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  // Base64 of a text that begins elsewhere shows the same letters from its second group on, if it begins at a third byte.
  const inside = [0, 1, 2].map((cut) => bytes.subarray(cut).toString("base64").slice(0, 32));
  return [secret, bytes.toString("hex"), ...inside];
}

/** Every file below a folder but the homes of secrets; what is gzip comes unpacked as well. */
export function filesBelow(folder: string, homes: readonly string[] = []): Place[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => !homes.includes(name) && statSync(join(folder, name)).isFile())
    .flatMap((name) => {
      const bytes = readFileSync(join(folder, name));
      const packed = bytes[0] === 0x1f && bytes[1] === 0x8b;
      return [{ name, bytes }, ...(packed ? [{ name: `${name}, unpacked`, bytes: gunzipSync(bytes) }] : [])];
    });
}

export interface Listener {
  readonly url: string;
  /** Every answer so far: its request's method and path, and all headers and bytes of the answer. */
  readonly answers: Place[];
  /** What it passes requests on to; a server that is started again has another port. */
  target: string;
  stop(): void;
}

/** Stands between clients and a server, and keeps what the server answers. */
export async function listenBetween(target: string): Promise<Listener> {
  const answers: Place[] = [];
  const server: Server = createServer((asked, answer) => {
    const { host } = new URL(listener.target);
    const options = { method: asked.method, headers: { ...asked.headers, host } };
    const passed = request(`${listener.target}${asked.url}`, options, (told) => {
      const chunks: Buffer[] = [];
      told.on("data", (chunk: Buffer) => chunks.push(chunk));
      told.on("end", () => {
        const head = Buffer.from(`${told.statusCode} ${told.rawHeaders.join("\n")}\n\n`);
        const path = String(asked.url).split("?")[0];
        answers.push({ name: `${asked.method} ${path}`, bytes: Buffer.concat([head, ...chunks]) });
        answer.writeHead(told.statusCode ?? 502, told.headers);
        answer.end(Buffer.concat(chunks));
      });
    });
    passed.on("error", () => answer.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  const listener: Listener = { url: `http://127.0.0.1:${port}`, answers, target, stop };
  return listener;
}
