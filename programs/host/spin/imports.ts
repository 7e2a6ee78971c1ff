/**
 * The interfaces of Spin that a guest imports: SQLite, variables, outbound HTTP as records. Each looks at the
 * component's own grants; what is not granted is refused with the error that Spin gives.
 */
import type { GuestContext } from "../guests/context.ts";
import type { GuestReply, OutboundRequest } from "../pool/protocol.ts";
import { allowsOutbound } from "./outbound.ts";
import type { SqliteHandle, WitResult, WitValue } from "./sqlite-handle.ts";

/** Calls out of a guest. */
export interface Outbound {
  /** To another component of this application; undefined when there is none of that name. */
  chain(component: string, request: OutboundRequest): GuestReply | PendingCall | undefined;
  /** Starts a call to the network. */
  send(request: OutboundRequest): PendingCall;
}

export type CallResult =
  | { readonly ok: true; readonly reply: GuestReply }
  | { readonly ok: false; readonly code: string; readonly text: string };

export interface PendingCall {
  /** Undefined until it is over. */
  result(): CallResult | undefined;
  /** Waits until it is over. */
  wait(): CallResult;
}

const CALL_TIMEOUT_MS = 600_000;
const CHAINED = ".spin.internal";

export function spinImports(
  context: GuestContext,
  outbound: Outbound,
): Record<string, Record<string, unknown>> {
  return {
    "spin:sqlite/sqlite": { Connection: connectionClass(context) },
    "fermyon:spin/variables": { get: (name: string) => variable(context, name) },
    "fermyon:spin/http": { sendRequest: (request: SpinRequest) => sendRequest(context, outbound, request) },
  };
}

/** A class for each instance: jco takes a class, and Spin's `open` is static. */
function connectionClass(context: GuestContext) {
  return class Connection {
    readonly #handle: SqliteHandle;
    constructor(handle: SqliteHandle) {
      this.#handle = handle;
    }
    static open(label: string): Connection {
      return new Connection(context.databases.open(label));
    }
    execute(statement: string, parameters: WitValue[]): WitResult {
      return this.#handle.execute(statement, parameters);
    }
    lastInsertRowid(): bigint {
      return this.#handle.lastInsertRowid();
    }
    changes(): bigint {
      return this.#handle.changes();
    }
    [Symbol.dispose](): void {
      this.#handle.close();
    }
  };
}

function variable(context: GuestContext, name: string): string {
  if (!/^[a-z](_?[a-z0-9])*$/.test(name)) throw { tag: "invalid-name", val: name };
  const { variables } = context.grant;
  const now = Object.hasOwn(context.renewed, name) ? context.renewed[name] : variables[name];
  const value = Object.hasOwn(variables, name) ? now : undefined;
  if (value === undefined)
    throw { tag: "undefined", val: `no variable for "${context.grant.name}"."${name}"` };
  if (value === null) throw { tag: "provider", val: `no provider resolved required variable "${name}"` };
  return value;
}

interface SpinRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: [string, string][];
  readonly body: Uint8Array | undefined;
}

function sendRequest(context: GuestContext, outbound: Outbound, request: SpinRequest) {
  const url = URL.canParse(request.uri) ? new URL(request.uri) : undefined;
  if (url === undefined) throw "invalid-url";
  const result = callOut(context.grant.outbound, outbound, {
    method: request.method.toUpperCase(),
    url: request.uri,
    headers: request.headers.flat(),
    body: request.body ?? new Uint8Array(0),
    firstByteTimeoutMs: CALL_TIMEOUT_MS,
  });
  const settled = "result" in result ? result.wait() : result;
  if (!settled.ok) throw settled.code === "HTTP-request-denied" ? "destination-not-allowed" : "request-error";
  const headers: [string, string][] = [];
  const flat = settled.reply.headers;
  for (let at = 0; at < flat.length; at += 2) headers.push([flat[at] ?? "", flat[at + 1] ?? ""]);
  return { status: settled.reply.status, headers, body: settled.reply.body };
}

/** Judges, then chains at once or starts a call. */
export function callOut(
  allowed: GuestContext["grant"]["outbound"],
  outbound: Outbound,
  request: OutboundRequest,
): CallResult | PendingCall {
  const url = new URL(request.url);
  const denied = { ok: false, code: "HTTP-request-denied", text: `${url.origin} is not allowed` } as const;
  if (!allowsOutbound(allowed, url)) return denied;
  if (!url.hostname.endsWith(CHAINED)) return outbound.send(request);
  const reply = outbound.chain(url.hostname.slice(0, -CHAINED.length), request);
  if (reply === undefined) return { ok: false, code: "destination-not-found", text: `no ${url.hostname}` };
  return "wait" in reply ? reply : { ok: true, reply };
}
