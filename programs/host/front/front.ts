/**
 * The network side: HTTP in, the route found, the request whole, the reply out. Promise: a body over the
 * limit is refused while it is read; the host's own answers are problem documents with a code, but where
 * Spin answers with an empty body (no route, a trap) so does this.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { meaningOf } from "../../../lib/core/refusal.ts";
import { WAITING_HEADERS } from "../parking/headers.ts";
import type { JobResult } from "../pool/member.ts";
import type { GuestReply, GuestRequest } from "../pool/protocol.ts";
import type { StaticResponse } from "../spin/manifest.ts";
import { type Bodies, type BodyLimits, type BodyRefusal, drain } from "./bodies.ts";
import { strictTextFromWire } from "./header-text.ts";
import type { Router } from "./routes.ts";
import { type HostProblem, sendProblem, sendReply } from "./sending.ts";
import { spinHeaders } from "./spin-headers.ts";

export interface FrontOptions {
  readonly host: string;
  readonly port: number;
  readonly applicationName: string;
  readonly router: Router;
  readonly bodies: Bodies;
  /** Names besides loopback's own that a `Host` header may carry while we listen on loopback. */
  readonly allowHosts: readonly string[];
  /** Undefined when the client has gone. */
  run(component: string, request: GuestRequest, client: () => AbortSignal): Promise<JobResult | undefined>;
  onTrap(component: string, text: string): void;
}

export interface Front {
  readonly port: number;
  close(): Promise<void>;
}

const IDLE_CONNECTION_MS = 65_000;
/** How long between looks at which connections are idle, while the front closes. */
const IDLE_LOOK_MS = 20;

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

/** Stops listening, lets answers under way go out, and closes connections as they become idle. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const looking = setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS);
    server.close(() => {
      clearInterval(looking);
      resolve();
    });
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
    sendProblem(response, { status: 421, code: "wrong_host", title: "Not this server's name", detail });
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
    sendReply(response, { status: 404, headers: [], body: undefined });
    return;
  }
  const read = await options.bodies.read(incoming);
  if (read.type === "gone") return;
  if (read.type !== "whole") {
    response.setHeader("connection", "close");
    sendProblem(response, bodyProblem(read.type, options.bodies.limits), drain(incoming));
    return;
  }
  try {
    await serveWhole(options, found, { incoming, response, uri, body: read.bytes });
  } finally {
    read.release();
  }
}

interface WholeRequest {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly uri: string;
  readonly body: Uint8Array;
}

async function serveWhole(
  options: FrontOptions,
  { spec, match }: NonNullable<ReturnType<Router["match"]>>,
  { incoming, response, uri, body }: WholeRequest,
): Promise<void> {
  if ("reply" in spec) {
    sendReply(response, staticReply(spec.reply));
    return;
  }
  const headers = guestHeaders(incoming);
  if (headers === undefined) {
    sendReply(response, { status: 500, headers: [], body: undefined });
    return;
  }
  const { remoteAddress, remotePort } = incoming.socket;
  const fullUrl = `http://${incoming.headers.host ?? "localhost"}${uri}`;
  headers.push(...spinHeaders(match, fullUrl, clientAddress(remoteAddress, remotePort)));
  const method = incoming.method ?? "GET";
  const result = await options.run(spec.component, { method, uri, headers, body }, () => clientOf(response));
  if (result !== undefined) answer(options, response, spec.component, method, result);
}

/** Aborted once nobody reads the answer any more. */
function clientOf(response: ServerResponse): AbortSignal {
  const client = new AbortController();
  response.once("close", () => client.abort());
  if (response.destroyed) client.abort();
  return client.signal;
}

function bodyProblem(code: BodyRefusal, limits: BodyLimits): HostProblem {
  switch (code) {
    case "too_large": {
      const detail = `A body may have ${limits.bytesMax} bytes here.`;
      return { status: 413, code, title: "The body is too large", detail };
    }
    case "overloaded": {
      const detail = `All bodies at one time may have ${limits.togetherBytesMax} bytes here. Nothing was begun.`;
      return { ...meaningOf(code), code, detail };
    }
    case "body_timeout": {
      const detail = `A body has to be here within ${limits.timeoutMs} ms. Nothing was begun.`;
      return { ...meaningOf(code), code, detail };
    }
  }
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
      sendReply(response, result.reply);
      return;
    case "trap":
      options.onTrap(component, result.text);
      sendReply(response, { status: 500, headers: [], body: undefined });
      return;
    case "timeout": {
      const reads = method === "GET" || method === "HEAD";
      const detail = reads
        ? "Nothing was changed."
        : "Whether it was done is not known; ask before sending it again.";
      const code = reads ? "timeout" : "outcome_unknown";
      sendProblem(response, { status: 503, code, title: "The request took too long", detail });
      return;
    }
    case "refused":
      sendProblem(response, {
        ...meaningOf("overloaded"),
        code: "overloaded",
        detail: `${result.waiting} requests wait already. Nothing was begun.`,
      });
      return;
    case "ticked":
      throw new Error("a request is no tick");
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

/**
 * Names in lower case, values as UTF-8; undefined when one is not. A `*.spin.internal` host is a spoof, and so
 * are the headers between the host and its guests.
 */
function guestHeaders(incoming: IncomingMessage): string[] | undefined {
  const flat: string[] = [];
  for (let at = 0; at < incoming.rawHeaders.length; at += 2) {
    const name = (incoming.rawHeaders[at] ?? "").toLowerCase();
    const value = strictTextFromWire(incoming.rawHeaders[at + 1] ?? "");
    if (value === undefined) return undefined;
    if (WAITING_HEADERS.has(name)) continue;
    if (name === "host" && /\.spin\.internal(:\d+)?$/i.test(value)) continue;
    flat.push(name, value);
  }
  return flat;
}

function wellKnown(options: FrontOptions, path: string, response: ServerResponse): void {
  if (path === "/.well-known/spin/health")
    sendReply(response, { status: 200, headers: [], body: Buffer.from("OK") });
  else if (path === "/.well-known/spin/info") {
    const body = Buffer.from(JSON.stringify({ name: options.applicationName }));
    sendReply(response, { status: 200, headers: ["content-type", "application/json"], body });
  } else sendReply(response, { status: 404, headers: [], body: undefined });
}

function staticReply({ status, headers, body }: StaticResponse): GuestReply {
  const flat = Object.entries(headers).flatMap(([name, value]) => [name.toLowerCase(), value]);
  return { status, headers: flat, body: Buffer.from(body) };
}
