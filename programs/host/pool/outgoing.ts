/**
 * Calls from guests to the network, made in the main thread. Whole bodies in and out, no redirects followed,
 * connections kept. What fails is told with the code of `wasi:http` that fits.
 */
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { textFromWire, wireText } from "../front/header-text.ts";
import type { CallResult } from "../spin/imports.ts";
import type { OutboundRequest } from "./protocol.ts";

/** More than this would have to fit into a guest's memory, which it does not. */
const REPLY_BYTES_MAX = 256 * 1024 * 1024;

export class Outgoing {
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: 64 });
  readonly #https = new HttpsAgent({ keepAlive: true, maxSockets: 64 });

  /** Never rejects. */
  send(call: OutboundRequest): Promise<CallResult> {
    return new Promise((resolve) => {
      const url = new URL(call.url);
      const secure = url.protocol === "https:";
      const fail = (error: NodeJS.ErrnoException) => resolve({ ok: false, ...failure(error) });
      // A request always carries its length: signed uploads are refused without one.
      const sized = ["POST", "PUT", "PATCH"].includes(call.method) || call.body.length > 0;
      const length = call.headers.some((part, at) => at % 2 === 0 && part.toLowerCase() === "content-length");
      const headers = ["host", url.host, ...call.headers.map(wireText)];
      if (sized && !length) headers.push("content-length", String(call.body.length));
      const options = { method: call.method, headers, agent: secure ? this.#https : this.#http };
      const request = (secure ? httpsRequest : httpRequest)(url, options, (response) => {
        const chunks: Buffer[] = [];
        let sizeBytes = 0;
        response.on("data", (chunk: Buffer) => {
          sizeBytes += chunk.length;
          if (sizeBytes > REPLY_BYTES_MAX) request.destroy(new Error("the response is too large"));
          chunks.push(chunk);
        });
        response.on("error", fail);
        response.on("end", () => {
          const body = new Uint8Array(Buffer.concat(chunks));
          const flat = response.rawHeaders.map((part, at) =>
            at % 2 === 0 ? part.toLowerCase() : textFromWire(part),
          );
          resolve({ ok: true, reply: { status: response.statusCode ?? 502, headers: flat, body } });
        });
      });
      request.setTimeout(Math.min(call.firstByteTimeoutMs, 2 ** 31 - 1), () => {
        request.destroy(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" }));
      });
      request.on("error", fail);
      request.end(call.body);
    });
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

function failure(error: NodeJS.ErrnoException): { code: string; text: string } {
  const text = error.message;
  const code = error.code ?? "";
  if (code === "ECONNREFUSED") return { code: "connection-refused", text };
  if (code === "ETIMEDOUT") return { code: "connection-timeout", text };
  if (code === "ECONNRESET" || code === "EPIPE") return { code: "connection-terminated", text };
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return { code: "destination-not-found", text };
  if (code.startsWith("ERR_TLS") || code.includes("CERT")) return { code: "TLS-certificate-error", text };
  return { code: "internal-error", text };
}
