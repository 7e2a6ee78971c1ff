/**
 * One instance of a component that exports `wasi:http/incoming-handler`, and perhaps `handle-cron-event`.
 * It serves one request or one tick and is thrown away: its engine answers a second one with a hang.
 */
import type { GuestReply, GuestRequest } from "../pool/protocol.ts";
import { FORBIDDEN_HEADERS } from "../wasi/fields.ts";
import { IncomingRequest, type OutgoingResponse, ResponseOutparam } from "../wasi/http.ts";
import type { Waiter } from "../wasi/wasi.ts";
import type { Instantiate } from "./quick-guest.ts";

export interface WasiExports {
  readonly incomingHandler: { handle(request: IncomingRequest, response: ResponseOutparam): void };
  readonly handleCronEvent?: (metadata: { timestamp: bigint }) => void;
}

export class WasiGuest {
  readonly #exports: WasiExports;
  readonly #waiter: Waiter;

  constructor(
    instantiate: Instantiate<WasiExports>,
    modules: Readonly<Record<string, WebAssembly.Module>>,
    imports: Record<string, Record<string, unknown>>,
    waiter: Waiter,
  ) {
    this.#waiter = waiter;
    this.#exports = instantiate(
      (name) => modules[name],
      imports,
      (module, coreImports) => new WebAssembly.Instance(module, coreImports),
    );
  }

  /**
   * Returns when the guest has ended; `onReply` is called before, once its answer is whole. Throws when the guest
   * traps, sets no response or reports an error instead of one.
   */
  handle(request: GuestRequest, onReply: (reply: GuestReply) => void): GuestReply {
    const out = new ResponseOutparam((response) => onReply(replyOf(response)));
    this.#exports.incomingHandler.handle(new IncomingRequest(request, this.#waiter), out);
    if (out.answer === undefined) throw new Error("the guest set no response");
    if (out.answer.tag === "err")
      throw new Error(`the guest answered with an error: ${JSON.stringify(out.answer.val)}`);
    return replyOf(out.answer.val);
  }

  /** Returns the error that the guest reported, if it did. */
  tick(timestamp: number): string | undefined {
    const handle = this.#exports.handleCronEvent;
    if (handle === undefined) return "the component does not export handle-cron-event";
    try {
      handle({ timestamp: BigInt(timestamp) });
      return undefined;
    } catch (error) {
      if (typeof error !== "object" || error === null || !("payload" in error)) throw error;
      return JSON.stringify(error.payload);
    }
  }
}

function replyOf(response: OutgoingResponse): GuestReply {
  const flat = response.headers().flat();
  const headers = flat.filter((_part, at) => !FORBIDDEN_HEADERS.has(flat[at - (at % 2)] ?? ""));
  return { status: response.statusCode(), headers, body: response.taken?.bytes() };
}
