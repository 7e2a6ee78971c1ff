/**
 * One instance of a QuickJS component. Promise: `reset` leaves it exactly as it was when it was made, so that
 * no request sees another's: memory and every global from a copy, jco's handle tables emptied. An instance
 * that trapped, or whose memory grew far, is not reset but thrown away.
 */

import type { GuestReply, GuestRequest } from "../pool/protocol.ts";
import { GLOBAL_PREFIX } from "./patches.ts";

interface InboundRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: [string, string][];
  readonly params: [string, string][];
  readonly body: Uint8Array | undefined;
}

interface InboundResponse {
  readonly status: number;
  readonly headers: [string, string][] | undefined;
  readonly body: Uint8Array | undefined;
}

export interface InboundExports {
  readonly inboundHttp: { handleRequest(request: InboundRequest): InboundResponse };
  $reset(): void;
}

export type Instantiate<Exports> = (
  getCoreModule: (name: string) => WebAssembly.Module | undefined,
  imports: Record<string, Record<string, unknown>>,
  instantiateCore: (module: WebAssembly.Module, imports: Record<string, unknown>) => WebAssembly.Instance,
) => Exports;

const METHODS = new Set(["get", "post", "put", "delete", "patch", "head", "options"]);
/** A memory cannot shrink; past this much growth, copying and zeroing costs more than a new instance. */
const GROWTH_BYTES_MAX = 8 * 1024 * 1024;

/** A memory as it was. Its front is the stack, a megabyte of zeros: writing zeros is quicker than copying them. */
interface Pristine {
  readonly zeros: number;
  readonly rest: Uint8Array;
}

function pristineOf(memory: Uint8Array): Pristine {
  let zeros = 0;
  // By pages: each start does this for every guest of every thread.
  while (zeros < memory.length && ZEROS.equals(memory.subarray(zeros, zeros + ZEROS.length)))
    zeros += ZEROS.length;
  return { zeros, rest: memory.slice(zeros) };
}

const ZEROS = Buffer.alloc(65_536);

export class QuickGuest {
  readonly #exports: InboundExports;
  readonly #memories: { memory: WebAssembly.Memory; pristine: Pristine }[];
  readonly #globals: { global: WebAssembly.Global; value: number | bigint }[];

  constructor(
    instantiate: Instantiate<InboundExports>,
    modules: Readonly<Record<string, WebAssembly.Module>>,
    imports: Record<string, Record<string, unknown>>,
  ) {
    const memories = new Set<WebAssembly.Memory>();
    const globals = new Set<WebAssembly.Global>();
    this.#exports = instantiate(
      (name) => modules[name],
      imports,
      (module, coreImports) => {
        const instance = new WebAssembly.Instance(module, coreImports);
        for (const [name, value] of Object.entries(instance.exports)) {
          if (value instanceof WebAssembly.Memory) memories.add(value);
          if (name.startsWith(GLOBAL_PREFIX) && value instanceof WebAssembly.Global) globals.add(value);
        }
        return instance;
      },
    );
    this.#memories = [...memories].map((memory) => ({
      memory,
      pristine: pristineOf(new Uint8Array(memory.buffer)),
    }));
    this.#globals = [...globals].map((global) => ({ global, value: global.value }));
  }

  /** Throws when the guest traps; the instance is then of no further use. */
  handle(request: GuestRequest): GuestReply {
    const method = request.method.toLowerCase();
    if (!METHODS.has(method)) return { status: 405, headers: [], body: undefined };
    const headers: [string, string][] = [];
    for (let at = 0; at < request.headers.length; at += 2) {
      headers.push([request.headers[at] ?? "", request.headers[at + 1] ?? ""]);
    }
    const { body } = request;
    const reply = this.#exports.inboundHttp.handleRequest({
      method,
      uri: request.uri,
      headers,
      params: [],
      body,
    });
    return { status: reply.status, headers: (reply.headers ?? []).flat(), body: reply.body };
  }

  /** Whether it is as new again; false when a new one is cheaper. */
  reset(): boolean {
    for (const { memory, pristine } of this.#memories) {
      const bytes = new Uint8Array(memory.buffer);
      const size = pristine.zeros + pristine.rest.length;
      if (bytes.length > size + GROWTH_BYTES_MAX) return false;
      bytes.fill(0, 0, pristine.zeros);
      bytes.set(pristine.rest, pristine.zeros);
      if (bytes.length > size) bytes.fill(0, size);
    }
    for (const { global, value } of this.#globals) global.value = value;
    this.#exports.$reset();
    return true;
  }
}
