/**
 * The network side: HTTP in, the route found, the request whole, the reply out. Promise: a body over the
 * limit is refused while it is read; the host's own answers are problem documents with a code, but where
 * Spin answers with an empty body (no route, a trap) so does this.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { JobResult } from "../pool/member.ts";
import type { GuestReply, GuestRequest } from "../pool/protocol.ts";
import type { StaticResponse } from "../spin/manifest.ts";
import { FORBIDDEN_HEADERS } from "../wasi/fields.ts";
import { strictTextFromWire, wireText } from "./header-text.ts";
import type { Router } from "./routes.ts";
import { spinHeaders } from "./spin-headers.ts";

export interface FrontOptions {
  readonly host: string;
  readonly port: number;
  readonly applicationName: string;
  readonly router: Router;
  readonly maxBodyBytes: number;
  /** Names besides loopback's own that a `Host` header may carry while we listen on loopback. */
  readonly allowHosts: readonly string[];
  run(component: string, request: GuestRequest): Promise<JobResult>;
  onTrap(component: string, text: string): void;
}

export interface Front {
  readonly port: number;
  close(): Promise<void>;
}

type Problem = {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
};

const IDLE_CONNECTION_MS = 65_000;

/** Listens. Rejects with Node's own error (EADDRINUSE and the like). */
export function openFront(options: FrontOptions): Promise<Front> {
  const server = createServer((request, response) => {
    serve(options, request, response).catch((error: unknown) => {
      // Only a connection that went away while we wrote to it comes here; there is nobody to answer.
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  server.keepAliveTimeout = IDLE_CONNECTION_MS;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      resolve({ port: boundPort(server), close: () => closeServer(server) });
    });
  });
}

function boundPort(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Stops listening, lets answers under way go out, and closes idle connections. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

async function serve(
  options: FrontOptions,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const wrongHost = foreignHost(options, incoming.headers.host);
  if (wrongHost !== undefined) {
    const detail = `This server listens on loopback and does not answer for ${wrongHost}; --allow-host names more.`;
    refuse(response, { status: 421, code: "wrong_host", title: "Not this server's name", detail });
    return;
  }
  const uri = requestTarget(incoming.url ?? "/");
  const path = uri.split("?", 1)[0] ?? "/";
  if (path.startsWith("/.well-known/spin/")) {
    wellKnown(options, path, response);
    return;
  }
  const found = options.router.match(path);
  if (found === undefined) {
    send(response, { status: 404, headers: [], body: undefined });
    return;
  }
  const body = await wholeBody(incoming, options.maxBodyBytes);
  if (body === undefined) {
    const detail = `A body may have ${options.maxBodyBytes} bytes here.`;
    response.setHeader("connection", "close");
    refuse(response, { status: 413, code: "too_large", title: "The body is too large", detail });
    return;
  }
  if ("reply" in found.spec) {
    send(response, staticReply(found.spec.reply));
    return;
  }
  const headers = guestHeaders(incoming);
  if (headers === undefined) {
    send(response, { status: 500, headers: [], body: undefined });
    return;
  }
  const { remoteAddress, remotePort } = incoming.socket;
  const fullUrl = `http://${incoming.headers.host ?? "localhost"}${uri}`;
  headers.push(...spinHeaders(found.match, fullUrl, clientAddress(remoteAddress, remotePort)));
  const { component } = found.spec;
  const method = incoming.method ?? "GET";
  answer(options, response, component, method, await options.run(component, { method, uri, headers, body }));
}

function answer(
  options: FrontOptions,
  response: ServerResponse,
  component: string,
  method: string,
  result: JobResult,
): void {
  switch (result.type) {
    case "reply":
      send(response, result.reply);
      return;
    case "trap":
      options.onTrap(component, result.text);
      send(response, { status: 500, headers: [], body: undefined });
      return;
    case "timeout": {
      const reads = method === "GET" || method === "HEAD";
      const detail = reads
        ? "Nothing was changed."
        : "Whether it was done is not known; ask before sending it again.";
      const code = reads ? "timeout" : "outcome_unknown";
      refuse(response, { status: 503, code, title: "The request took too long", detail });
      return;
    }
    default:
      refuse(response, { status: 503, code: "busy", title: "Too much to do", detail: "Nothing was begun." });
  }
}

/** The name that this server must not answer to, if the request carries one. Against DNS rebinding. */
function foreignHost(options: FrontOptions, header: string | undefined): string | undefined {
  if (!isLoopback(options.host)) return undefined;
  const name = (header ?? "")
    .replace(/:\d*$/, "")
    .replace(/^\[|\]$/g, "")
    .toLowerCase();
  const known = isLoopback(name) || options.allowHosts.some((allowed) => allowed.toLowerCase() === name);
  return known ? undefined : name || "a request without a Host";
}

function isLoopback(name: string): boolean {
  return (
    name === "localhost" || name.endsWith(".localhost") || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name)
  );
}

/** Path and query; an absolute target (as proxies send) loses its origin. */
function requestTarget(url: string): string {
  const absolute = /^https?:\/\/[^/?#]*(.*)$/i.exec(url);
  const target = absolute === null ? url : (absolute[1] ?? "");
  return target.startsWith("/") ? target : `/${target}`;
}

function clientAddress(address: string | undefined, port: number | undefined): string {
  const bare = (address ?? "0.0.0.0").replace(/^::ffff:/, "");
  return bare.includes(":") ? `[${bare}]:${port ?? 0}` : `${bare}:${port ?? 0}`;
}

/** Names in lower case, values as UTF-8; undefined when one is not. A `*.spin.internal` host is a spoof. */
function guestHeaders(incoming: IncomingMessage): string[] | undefined {
  const flat: string[] = [];
  for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
    const name = (incoming.rawHeaders[at] ?? "").toLowerCase();
    const value = strictTextFromWire(incoming.rawHeaders[at + 1] ?? "");
    if (value === undefined) return undefined;
    if (name === "host" && /\.spin\.internal(:\d+)?$/i.test(value)) continue;
    flat.push(name, value);
  }
  return flat;
}

/** Undefined when it is larger than the limit, which is found out before it is all read. */
function wholeBody(incoming: IncomingMessage, bytesMax: number): Promise<Uint8Array | undefined> {
  const length = Number(incoming.headers["content-length"] ?? 0);
  if (length > bytesMax) return Promise.resolve(undefined);
  if (length === 0 && incoming.headers["transfer-encoding"] === undefined) return Promise.resolve(NOTHING);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    incoming.on("data", (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > bytesMax) {
        incoming.pause();
        resolve(undefined);
      } else chunks.push(chunk);
    });
    incoming.on("end", () => resolve(Buffer.concat(chunks)));
    incoming.on("error", reject);
  });
}
const NOTHING = new Uint8Array(0);

function wellKnown(options: FrontOptions, path: string, response: ServerResponse): void {
  if (path === "/.well-known/spin/health")
    send(response, { status: 200, headers: [], body: Buffer.from("OK") });
  else if (path === "/.well-known/spin/info") {
    const body = Buffer.from(JSON.stringify({ name: options.applicationName }));
    send(response, { status: 200, headers: ["content-type", "application/json"], body });
  } else send(response, { status: 404, headers: [], body: undefined });
}

function staticReply({ status, headers, body }: StaticResponse): GuestReply {
  const flat = Object.entries(headers).flatMap(([name, value]) => [name.toLowerCase(), value]);
  return { status, headers: flat, body: Buffer.from(body) };
}

function send(response: ServerResponse, reply: GuestReply): void {
  const flat: string[] = [];
  let length = false;
  for (let at = 0; at < reply.headers.length; at += 2) {
    const name = (reply.headers[at] ?? "").toLowerCase();
    if (FORBIDDEN_HEADERS.has(name)) continue;
    if (name === "content-length") length = true;
    flat.push(name, wireText(reply.headers[at + 1] ?? ""));
  }
  const bodiless = reply.status === 204 || reply.status === 304 || reply.status < 200;
  if (!length && !bodiless) flat.push("content-length", String(reply.body?.length ?? 0));
  try {
    response.writeHead(reply.status, flat);
  } catch {
    // A header or status that cannot be sent is the guest's mistake, and a 500 as on Spin.
    response.writeHead(500, ["content-length", "0"]).end();
    return;
  }
  if (reply.body === undefined || bodiless) response.end();
  else response.end(reply.body);
}

function refuse(response: ServerResponse, { status, code, title, detail }: Problem): void {
  const retryable = status === 503 && code !== "outcome_unknown";
  const problem = { type: `/problems/${code}`, title, status, code, detail, retryable };
  const headers = ["content-type", "application/problem+json", "cache-control", "no-store"];
  if (status === 503) headers.push("retry-after", "1");
  send(response, { status, headers, body: Buffer.from(JSON.stringify(problem)) });
}
