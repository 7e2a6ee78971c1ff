/**
 * The entry of a QuickJS component: Spin's `inbound-http` record in, our handler, the record out.
 * Promise: a handler that throws still answers, by `onFault`; nothing a request made outlives it. Refuses
 * to know what a handler does. Instances are fresh for each request, so nothing here is kept.
 */
import { getStderr } from "wasi:cli/stderr@0.2.3";
import { subscribeDuration } from "wasi:clocks/monotonic-clock@0.2.3";
import { getRandomBytes } from "wasi:random/random@0.2.3";
import type { HttpReply, HttpRequest } from "../../core/http.ts";
import type { CallComponent, LogFields, World } from "../../http/world.ts";
import type { Db } from "../../store/sqlite/driver.ts";
import { openSpinDb } from "../../store/sqlite/driver-spin.ts";
import { type FaultReply, plainFault } from "../guest/plain-fault.ts";
import { readVariable } from "../guest/variable.ts";
import { utf8Bytes } from "./utf8.ts";

export type Handler = (request: HttpRequest, world: World) => HttpReply;

interface SpinRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | undefined;
}

interface SpinResponse {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | undefined;
}

const NOTHING = new Uint8Array(0);
const STDERR_BYTES_MAX = 4096;

/**
 * The `inboundHttp` export of a component. `onFault` turns what a handler throws into a reply; `chain` is given to
 * components that call others (lib/engines/quickjs/chain.ts, which only their world has the import for).
 */
export function serve(
  handler: Handler,
  onFault: FaultReply = plainFault,
  chain?: CallComponent,
): { handleRequest(request: SpinRequest): SpinResponse } {
  return {
    handleRequest(spin) {
      const request: HttpRequest = {
        method: spin.method.toUpperCase(),
        uri: spin.uri,
        headers: spin.headers,
        body: spin.body ?? NOTHING,
      };
      const world = chain === undefined ? spinWorld() : { ...spinWorld(), chain };
      let reply: HttpReply;
      try {
        reply = handler(request, world);
      } catch (error) {
        reply = onFault(error, request, world);
      }
      return { status: reply.status, headers: reply.headers, body: bodyBytes(reply, world.db) };
    },
  };
}

function bodyBytes(reply: HttpReply, db: Db): Uint8Array | undefined {
  const bytes = typeof reply.body === "string" ? utf8Bytes(reply.body, db) : reply.body;
  return bytes.length === 0 ? undefined : bytes;
}

/** The outside world as this engine reaches it. */
export function spinWorld(): World {
  return {
    db: openSpinDb(),
    nowMs: () => Date.now(),
    randomBytes: (length) => getRandomBytes(length),
    sleepMs: (ms) => subscribeDuration(Math.round(ms * 1e6)).block(),
    log: writeLog,
    variable: readVariable,
  };
}

/** One JSON line; the host takes at most 4096 bytes a write. */
function writeLog(event: string, fields: LogFields): void {
  const bytes = utf8Bytes(`${JSON.stringify({ event, atMs: Date.now(), ...fields })}\n`);
  const stderr = getStderr();
  for (let at = 0; at < bytes.length; at += STDERR_BYTES_MAX) {
    stderr.blockingWriteAndFlush(bytes.slice(at, at + STDERR_BYTES_MAX));
  }
}
