/**
 * The network side: HTTP in, the route found, the request whole, the reply out. Promise: a body over the
 * limit is refused while it is read; the host's own answers are problem documents with a code, but where
 * Spin answers with an empty body (no route, a trap) so does this.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Refusal, refuse } from "../../../lib/core/refusal.ts";
import { bearerText } from "../../../lib/http/caller.ts";
import type { KeptAnswers } from "../answers.ts";
import type { JobResult } from "../engine.ts";
import type { HostOptions } from "../options.ts";
import { nextOf } from "../parking/headers.ts";
import { WaitingClient } from "../parking/waiting-client.ts";
import type { GuestReply, GuestRequest } from "../pool/protocol.ts";
import { andThen, ending, type Soon } from "../soon.ts";
import type { StaticResponse } from "../spin/manifest.ts";
import {
  type Bodies,
  type BodyLimits,
  type BodyRead,
  type BodyRefusal,
  drain,
  hasBody,
  unread,
} from "./bodies.ts";
import { carriedToken } from "./carried-token.ts";
import { Connections } from "./connections.ts";
import { letPageRead, preflightReply } from "./cross-origin.ts";
import type { DeniedLog } from "./denied.ts";
import { guestRequest, METHODS, requestTarget } from "./guest-request.ts";
import { judgeHost } from "./judge-host.ts";
import type { LastUsed } from "./last-used.ts";
import { type HostMetrics, NO_ROUTE, type Watched } from "./metrics.ts";
import type { ReadLimit } from "./read-limit.ts";
import type { Router } from "./routes.ts";
import { prepare, refusalReply, sendPrepared, sendRefusal, sendReply } from "./sending.ts";
import { CODE_PATH, CODE_SECONDS, type SignInCodes, withTokenOfCode } from "./sign-in-codes.ts";
import { type Streaming, stream } from "./streaming.ts";

export interface FrontOptions {
  readonly host: string;
  readonly port: number;
  /** A Unix socket to listen on, in the place of host and port. */
  readonly socket?: string;
  readonly applicationName: string;
  readonly router: Router;
  readonly bodies: Bodies;
  readonly metrics: HostMetrics;
  readonly denied: DeniedLog;
  readonly lastUsed: LastUsed;
  /** Undefined where reads are not limited. */
  readonly readLimit: ReadLimit | undefined;
  /** Undefined where no link signs anybody in. */
  readonly codes: SignInCodes | undefined;
  readonly onRequest: HostOptions["onRequest"];
  /** Names besides loopback's own that a `Host` header may carry while we listen on loopback. */
  readonly allowHosts: readonly string[];
  /** Origins of other pages that may read. */
  readonly allowOrigins: readonly string[];
  /** Undefined where the engine keeps none, and while the store is not what it was. */
  answers(): KeptAnswers | undefined;
  /** Undefined when the client has gone. */
  run(component: string, request: GuestRequest, client: () => WaitingClient): Soon<JobResult | undefined>;
  onTrap(component: string, text: string): void;
  /** From then on nothing new is begun. */
  stopping(): boolean;
}

export interface Front {
  readonly port: number;
  /** What is under way has so long. */
  close(graceMs: number): Promise<void>;
}

const IDLE_CONNECTION_MS = 65_000;
/** Of all headers of a request together; more is refused and never dropped. */
const HEADER_BYTES_MAX = 16 * 1024;
/** Listens. Rejects with Node's own error (EADDRINUSE and the like). */
export function openFront(options: FrontOptions): Promise<Front> {
  // A request without a Host is refused with a problem (judge-host.ts); Node's own answer to it has no body.
  const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX, requireHostHeader: false });
  // Node drops what is beyond a number of headers in silence, a token among them; their size is bounded anyway.
  server.maxHeadersCount = 0;
  server.keepAliveTimeout = IDLE_CONNECTION_MS;
  // A client that has said all may close its side, and still reads the answer.
  Object.assign(server, { httpAllowHalfOpen: true });
  const connections = new Connections(server, {
    headerBytesMax: HEADER_BYTES_MAX,
    methods: METHODS,
    onUnreadable: ({ code }) => options.metrics.countUnreadable(code),
  });
  const take = (incoming: IncomingMessage, response: ServerResponse, refusal?: Refusal) => {
    const watched: Watched = { route: NO_ROUTE, bodyBytes: 0, client: undefined };
    const exchange = { incoming, response, watched };
    const begunMs = performance.now();
    // One listener a request: each costs more than what it does.
    response.on("close", () => {
      connections.ended(incoming, response);
      watched.client?.leave();
      told(options, exchange, performance.now() - begunMs);
    });
    // Only a connection that went away while we wrote to it comes here; there is nobody to answer.
    const gone = (error: unknown) => response.destroy(error instanceof Error ? error : undefined);
    try {
      const served = andThen(connections.turn(incoming, response), () =>
        refusal === undefined ? serve(options, exchange) : sendRefusal(response, refusal, unread(incoming)),
      );
      if (served instanceof Promise) served.catch(gone);
    } catch (error) {
      gone(error);
    }
  };
  server.on("request", (request, response) => take(request, response));
  server.on("checkExpectation", (request, response) => {
    // Its body may follow, or may wait for a word that never comes.
    if (hasBody(request)) response.setHeader("connection", "close");
    take(request, response, refuse("expectation_failed", "Expect takes 100-continue here."));
  });
  server.on("checkContinue", (request, response) => {
    // Who asks before sending a body that is too large is told before it is sent.
    if (!options.bodies.isTooLarge(request)) response.writeContinue();
    take(request, response);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const where =
      options.socket === undefined ? { port: options.port, host: options.host } : { path: options.socket };
    server.listen(where, () => {
      server.off("error", reject);
      resolve({ port: boundPort(server), close: (graceMs) => connections.close(graceMs) });
    });
  });
}

/** For the metrics, for the log of who was denied, and for who writes requests down: how long a request took, from its head to the end of its answer. */
function told(
  { metrics, denied, lastUsed, readLimit, onRequest }: FrontOptions,
  { incoming, response, watched }: WatchedExchange,
  ms: number,
): void {
  const code = metrics.count(watched, response, ms);
  const method = incoming.method ?? "";
  const { statusCode: status } = response;
  const token = carriedToken(incoming);
  if (status >= 400 && response.headersSent)
    denied.told({
      method,
      route: watched.route,
      status,
      code,
      token,
    });
  if (response.headersSent) readLimit?.answered(incoming, status, token);
  if (response.headersSent && (status < 300 || status === 304) && takesTokens(watched.route, method))
    lastUsed.note(token);
  onRequest?.({
    method,
    path: pathOf(incoming),
    status: response.headersSent ? response.statusCode : 0,
    ms: Math.round(ms),
  });
}

/** Whether an answer means that the caller's token was accepted, where there was one. */
function takesTokens(route: string, method: string): boolean {
  return route.startsWith("/v1/") && method !== "OPTIONS";
}

function pathOf({ url = "/" }: IncomingMessage): string {
  return requestTarget(url).split("?", 1)[0] ?? "/";
}

function boundPort(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
}

interface WatchedExchange extends Exchange {
  readonly watched: Watched;
}

/** A request whose turn it is. */
function serve(options: FrontOptions, exchange: WatchedExchange): Soon<void> {
  const { incoming, response, watched } = exchange;
  letPageRead(options.allowOrigins, incoming, response);
  const limited = options.readLimit?.judge(incoming, response);
  if (limited !== undefined) {
    watched.route = options.router.match(pathOf(incoming))?.match.route ?? NO_ROUTE;
    sendRefusal(response, limited, unread(incoming));
    return;
  }
  const answers = incoming.method === "GET" ? options.answers() : undefined;
  const name = answers === undefined ? undefined : wholeRequest(incoming);
  const kept = name === undefined ? undefined : answers?.find(name);
  if (kept !== undefined) {
    watched.route = kept.route;
    sendPrepared(response, kept.prepared);
    return;
  }
  const unfit = judgeHost(options, incoming);
  if (unfit !== undefined) {
    sendRefusal(response, unfit, unread(incoming));
    return;
  }
  const preflight = preflightReply(options.allowOrigins, incoming);
  if (preflight !== undefined) {
    sendReply(response, preflight, unread(incoming));
    return;
  }
  const uri = requestTarget(incoming.url ?? "/");
  const path = uri.split("?", 1)[0] ?? "/";
  if (path.startsWith("/.well-known/spin/")) {
    wellKnown(options, path, exchange);
    return;
  }
  const found = options.router.match(path);
  if (found === undefined) {
    sendReply(response, { status: 404, headers: [], body: undefined }, unread(incoming));
    return;
  }
  watched.route = found.match.route;
  return andThen(options.bodies.read(incoming), (read) =>
    // Member by member: V8 takes ten times as long to spread an object.
    serveRead(options, found, { incoming, response, watched, uri, name }, read),
  );
}

/** All that a request without a body says, in one text. */
function wholeRequest({ url, rawHeaders }: IncomingMessage): string {
  return `${url}\n${rawHeaders.join("\n")}`;
}

/** A request whose body is here, or will not come. */
function serveRead(options: FrontOptions, found: Found, request: RoutedRequest, read: BodyRead): Soon<void> {
  const { incoming, response, watched } = request;
  if (read.type === "gone") return;
  if (read.type !== "whole") {
    response.setHeader("connection", "close");
    sendRefusal(response, bodyRefusal(read.type, options.bodies.limits), drain(incoming));
    return;
  }
  const { bytes: body, release } = read;
  watched.bodyBytes = body.length;
  return ending(() => serveWhole(options, found, request, body), release);
}

type Found = NonNullable<ReturnType<Router["match"]>>;

interface RoutedRequest extends WatchedExchange {
  readonly uri: string;
  /** By which its answer may be kept. */
  readonly name: string | undefined;
}

function serveWhole(
  options: FrontOptions,
  found: Found,
  request: RoutedRequest,
  body: Uint8Array,
): Soon<void> {
  const { spec, match } = found;
  const { incoming, response, uri } = request;
  if ("reply" in spec) {
    sendReply(response, staticReply(spec.reply));
    return;
  }
  if (uri === CODE_PATH && incoming.method === "POST" && options.codes !== undefined)
    return giveCode(options, options.codes, request);
  const whole = guestRequest(incoming, { uri, match, body });
  const asked = "code" in whole ? whole : withTokenOfCode(options.codes, whole);
  if ("code" in asked) {
    sendRefusal(response, asked);
    return;
  }
  // Its client is asked for where a request waits for a revision, and only there.
  const ran = options.run(spec.component, asked, () => waitingClient(request));
  // What was waited for may be old by now; and a body is not in its name, and would be left unread.
  const mayKeep = !(ran instanceof Promise) && !hasBody(incoming);
  return andThen(ran, (one) => {
    if (one === undefined) return;
    const next = nextOf(one);
    if (next !== undefined && one.type === "reply")
      return stream(streaming(options, spec.component, request, asked), one.reply, next);
    if (mayKeep && sendKept(options, request, { route: match.route, asked }, one)) return;
    const method = incoming.method ?? "GET";
    return andThen(options.metrics.extend(one, { route: match.route, method }), (result) => {
      if (METHODS.has(method) || result.type !== "reply")
        answer(options, response, { component: spec.component, method, result });
      else sendReply(response, result.reply.status >= 400 ? result.reply : otherMethod(method, result.reply));
    });
  });
}

/**
 * A code for the token of the request, where it is one: who the token is is asked as any client would. A session gets
 * none: its cookie is hidden from scripts, and a code would carry it into another browser.
 */
function giveCode(options: FrontOptions, codes: SignInCodes, request: RoutedRequest): Soon<void> {
  const { incoming, response } = request;
  const { authorization } = incoming.headers;
  if (authorization === undefined)
    return sendRefusal(
      response,
      refuse("unauthenticated", "Send the token that the code is for: Authorization: Bearer ldg_…"),
    );
  const uri = "/v1/whoami";
  const found = options.router.match(uri);
  if (found === undefined || "reply" in found.spec) throw new Error(`nobody answers ${uri}`);
  const { component } = found.spec;
  const asked = guestRequest(incoming, { uri, match: found.match, body: new Uint8Array(0) });
  if ("code" in asked) return sendRefusal(response, asked);
  const ran = options.run(component, { ...asked, method: "GET" }, () => waitingClient(request));
  return andThen(ran, (result) => {
    if (result === undefined) return;
    const token = bearerText(authorization);
    if (result.type !== "reply" || result.reply.status !== 200 || token === undefined)
      return answer(options, response, { component, method: "POST", result });
    const body = JSON.stringify({ code: codes.make(token), seconds: CODE_SECONDS });
    const headers = ["content-type", "application/json", "cache-control", "no-store"];
    sendReply(response, { status: 200, headers, body: new TextEncoder().encode(body) });
  });
}

function streaming(
  options: FrontOptions,
  component: string,
  exchange: RoutedRequest,
  request: GuestRequest,
): Streaming {
  const { response, watched } = exchange;
  return {
    response,
    request,
    ask(next) {
      // It was accepted so far, perhaps for days.
      options.lastUsed.note(carriedToken(exchange.incoming));
      return options.run(component, next, () => watched.client ?? waitingClient(exchange));
    },
    stopping: () => options.stopping(),
  };
}

function waitingClient({ incoming, response, watched }: RoutedRequest): WaitingClient {
  const { socket } = incoming;
  watched.client = new WaitingClient({ gone: response.destroyed || socket.readableEnded });
  // Nobody can tell a client that closed its side from one that has gone, and a wait is long.
  const leave = () => response.destroy();
  socket.once("end", leave);
  response.once("close", () => socket.off("end", leave));
  return watched.client;
}

/** Sends an answer that may be given again, and keeps it. False: it may not. */
function sendKept(
  options: FrontOptions,
  { response, name }: RoutedRequest,
  { route, asked }: { readonly route: string; readonly asked: GuestRequest },
  one: JobResult,
): boolean {
  if (name === undefined || one.type !== "reply" || one.reply.sameUntilMs === undefined) return false;
  const prepared = prepare(one.reply);
  options.answers()?.keep(name, { route, prepared }, asked);
  sendPrepared(response, prepared);
  return true;
}

/** What a component never sees, told by what it says that the path takes. */
function otherMethod(method: string, options: GuestReply): GuestReply {
  const at = options.headers.indexOf("allow");
  const allow = at < 0 ? [...METHODS].join(", ") : (options.headers[at + 1] ?? "");
  return refusalReply(
    refuse("method_not_allowed", `This path takes ${allow}, not ${method}.`, { headers: [["allow", allow]] }),
  );
}

function bodyRefusal(code: BodyRefusal, { bytesMax, togetherBytesMax, timeoutMs }: BodyLimits): Refusal {
  switch (code) {
    case "too_large":
      return refuse(code, `A body may have ${bytesMax} bytes here.`, { members: { limit: bytesMax } });
    case "overloaded":
      return refuse(
        code,
        `All bodies at one time may have ${togetherBytesMax} bytes here. Nothing was begun.`,
      );
    case "body_timeout":
      return refuse(code, `A body has to be here within ${timeoutMs} ms. Nothing was begun.`);
  }
}

function answer(
  options: FrontOptions,
  response: ServerResponse,
  { component, method, result }: { component: string; method: string; result: JobResult },
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
      const refusal = reads
        ? refuse("timeout", "Nothing was changed.")
        : refuse(
            "outcome_unknown",
            "Ask whether it was done, or send it again with the same Idempotency-Key.",
            // As it is, it may not be sent again: nobody here knows whether it has a key.
            { members: { retryable: false } },
          );
      sendRefusal(response, refusal);
      return;
    }
    case "refused":
      sendRefusal(
        response,
        refuse("overloaded", `${result.waiting} requests wait already. Nothing was begun.`),
      );
      return;
    case "ticked":
      throw new Error("a request is no tick");
  }
}

function wellKnown(options: FrontOptions, path: string, { incoming, response }: Exchange): void {
  const until = unread(incoming);
  if (path === "/.well-known/spin/health")
    sendReply(response, { status: 200, headers: [], body: Buffer.from("OK") }, until);
  else if (path === "/.well-known/spin/info") {
    const body = Buffer.from(JSON.stringify({ name: options.applicationName }));
    sendReply(response, { status: 200, headers: ["content-type", "application/json"], body }, until);
  } else sendReply(response, { status: 404, headers: [], body: undefined }, until);
}

function staticReply({ status, headers, body }: StaticResponse): GuestReply {
  const flat = Object.entries(headers).flatMap(([name, value]) => [name.toLowerCase(), value]);
  return { status, headers: flat, body: Buffer.from(body) };
}
