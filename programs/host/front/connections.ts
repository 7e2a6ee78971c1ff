/**
 * Connections from clients. Promise: the requests of one connection are begun one after the other, each when the
 * answer before it is out (RFC 9112 section 9.3.2); a request that is no HTTP is answered with a problem document; and
 * `close` leaves none open: those without a request under way end at once, the others after their answer, and all of
 * them when the grace is over.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { type Refusal, refuse } from "../../../lib/core/refusal.ts";
import { refusalText } from "./sending.ts";

/** Told by an incoming request: no more of its body comes, whatever it had announced. */
export const BROKEN_OFF = "brokenOff";

interface Exchanged {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
}

interface Connection {
  /** The request that came last, and the answer that it asks for. */
  last: Exchanged | undefined;
  readonly closed: Promise<void>;
  readonly underWay: Set<ServerResponse>;
  /** For what came last and cannot be read; empty when there is nothing more to say. */
  refusal: string | undefined;
  /** Set when nothing that still comes can be read; each piece of it puts the end off. */
  lingering: NodeJS.Timeout | undefined;
}

export class Connections {
  readonly #server: Server;
  readonly #open = new Map<Socket, Connection>();
  #closing = false;

  constructor(
    server: Server,
    {
      headerBytesMax,
      methods,
      onUnreadable,
    }: {
      readonly headerBytesMax: number;
      /** What a request may be; others are refused here where Node's parser knows no such word. */
      readonly methods: ReadonlySet<string>;
      onUnreadable(refusal: Refusal): void;
    },
  ) {
    this.#server = server;
    const refuseLast = (socket: Socket, refusal: Refusal) => {
      onUnreadable(refusal);
      this.#refuseLast(socket, refusal);
    };
    server.on("connection", (socket) => this.#add(socket));
    server.on("clientError", (error: ClientError, socket: Socket) => {
      const { lingering, refusal } = this.#open.get(socket) ?? {};
      if (error.code === "ECONNRESET") socket.destroy();
      else if (lingering !== undefined) lingering.refresh();
      else if (!socket.writable) socket.destroy();
      else if (refusal === undefined) refuseLast(socket, unreadable(error, { headerBytesMax, methods }));
    });
    // Node hands over the bare connection of a CONNECT, which nobody here wants.
    server.on("connect", (_request, socket: Socket) => refuseLast(socket, otherMethod(methods)));
  }

  /** The connection ends with it. What came before has an answer of its own, which goes out first. */
  #refuseLast(socket: Socket, refusal: Refusal): void {
    const connection = this.#open.get(socket);
    const last = connection?.last;
    const text = last !== undefined && hasLastAnswer(last) ? "" : refusalText(refusal);
    if (last !== undefined && !last.incoming.complete) {
      // It is this request that broke off, in its body: it would wait for the rest until its time is over.
      connection?.underWay.delete(last.response);
      last.incoming.emit(BROKEN_OFF);
    }
    if (connection === undefined) return;
    connection.refusal = text;
    const before = [...connection.underWay].at(-1);
    const say = () => sayLast(socket, connection);
    if (before === undefined) say();
    // Ahead of Node, which closes behind that answer where the client has closed its side.
    else before.prependOnceListener("finish", say);
  }

  /** Resolves when it is this request's turn on its connection; undefined when that is now. */
  turn(incoming: IncomingMessage, response: ServerResponse): Promise<void> | undefined {
    const connection = this.#open.get(incoming.socket);
    if (connection === undefined) return undefined;
    const { closed, underWay } = connection;
    const last = connection.last?.response;
    const mustWait = last !== undefined && underWay.has(last);
    underWay.add(response);
    connection.last = { incoming, response };
    if (this.#closing) response.setHeader("connection", "close");
    // Nobody reads any more once the connection is closed; an answer that was never begun tells nothing then.
    return mustWait
      ? Promise.race([new Promise<void>((resolve) => last.once("close", resolve)), closed])
      : undefined;
  }

  /** The answer is out, or nobody reads it any more. */
  ended({ socket }: IncomingMessage, response: ServerResponse): void {
    const connection = this.#open.get(socket);
    connection?.underWay.delete(response);
    if (connection?.underWay.size === 0 && this.#closing) socket.destroySoon();
  }

  /** Stops listening. Resolves when no connection is left, at the latest after the grace. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    // What has arrived by now is read in these turns and gets its answer; an idle connection that were closed before
    // would lose it.
    for (let turn = 0; turn < 2; turn += 1) await setImmediate();
    await this.#closeAll(graceMs);
  }

  #closeAll(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const grace = setTimeout(() => {
        for (const socket of this.#open.keys()) socket.destroy();
      }, graceMs);
      this.#server.close(() => {
        clearTimeout(grace);
        resolve();
      });
      for (const [socket, { underWay }] of this.#open) {
        if (underWay.size === 0) socket.destroy();
        for (const response of underWay) if (!response.headersSent) response.setHeader("connection", "close");
      }
    });
  }

  #add(socket: Socket): void {
    const closed = new Promise<void>((resolve) => {
      socket.once("close", () => {
        this.#open.delete(socket);
        resolve();
      });
    });
    this.#open.set(socket, {
      last: undefined,
      closed,
      underWay: new Set(),
      refusal: undefined,
      lingering: undefined,
    });
  }
}

/**
 * Whether nothing may follow the answer to that request: the client or the answer says that it is the last (RFC 9112
 * section 9.6), or it was refused before its body was here, and has its answer.
 */
function hasLastAnswer({ incoming, response }: Exchanged): boolean {
  if (!incoming.complete) return response.headersSent;
  return !response.shouldKeepAlive || response.getHeader("connection") === "close";
}

/** How long what cannot be read is still taken, in all and while nothing comes. */
const LINGER_MS = 30_000;
const LINGER_IDLE_MS = 5000;

/**
 * The end of a connection. Who still sends when it is reset never sees the refusal, so what comes is taken for a while:
 * the parser reads it, and tells of each piece that it cannot be read.
 */
function sayLast(socket: Socket, connection: Connection): void {
  const end = () => socket.destroy();
  const idle = setTimeout(end, LINGER_IDLE_MS);
  const whole = setTimeout(end, LINGER_MS);
  connection.lingering = idle;
  socket.once("close", () => {
    clearTimeout(idle);
    clearTimeout(whole);
  });
  socket.end(connection.refusal ?? "");
}

/** As Node's parser tells it: the bytes that it was given, and how far it came. */
interface ClientError extends NodeJS.ErrnoException {
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

/** What is said where there is no request to give to anybody. */
function unreadable(
  error: ClientError,
  { headerBytesMax, methods }: { readonly headerBytesMax: number; readonly methods: ReadonlySet<string> },
): Refusal {
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      return refuse("headers_too_large", `All headers together may have ${headerBytesMax} bytes here.`);
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return refuse("body_timeout", "The request was not here in time. Nothing was begun.");
    default:
      if (error.code === "HPE_INVALID_METHOD" && isRequestLine(error)) return otherMethod(methods);
      return refuse("bad_header", "This is no HTTP/1.1 request that can be read.");
  }
}

/** Whether the line that could not be read would be one with another method (RFC 9112 section 3). */
function isRequestLine({ rawPacket, bytesParsed = 0 }: ClientError): boolean {
  if (rawPacket === undefined) return false;
  const begin = bytesParsed === 0 ? 0 : rawPacket.lastIndexOf("\n", bytesParsed - 1) + 1;
  const end = rawPacket.indexOf("\n", begin);
  const line = rawPacket.toString("latin1", begin, end < 0 ? rawPacket.length : end);
  return /^[!#$%&'*+.^_`|~\w-]+ \S+ HTTP\/1\.[01]\r?$/.test(line);
}

function otherMethod(methods: ReadonlySet<string>): Refusal {
  const allow = [...methods].join(", ");
  return refuse("method_not_allowed", `This server takes ${allow}.`, { headers: [["allow", allow]] });
}
