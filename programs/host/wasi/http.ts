/**
 * `wasi:http` 0.2.3 in memory: bodies are whole on both sides, so every stream is ready, and only a call
 * out is waited for. Promise: forbidden headers are refused and taken out as wasmtime does, and a call that
 * the manifest does not allow fails with `HTTP-request-denied`.
 */
import type { ComponentGrant, GuestReply, GuestRequest } from "../pool/protocol.ts";
import { type CallResult, callOut, type Outbound, type PendingCall } from "../spin/imports.ts";
import { Fields } from "./fields.ts";
import { InputStream, OutputStream, Pollable, type Waiter } from "./wasi.ts";

interface Tagged {
  readonly tag: string;
  readonly val?: string;
}

class FutureTrailers {
  subscribe(): Pollable {
    return new Pollable(NO_WAITER, () => true);
  }
  get() {
    return { tag: "ok", val: { tag: "ok", val: undefined } };
  }
}
/** For what is ready from the start. */
const NO_WAITER: Waiter = { wait: () => {}, asked: () => {}, expects: () => false };

class IncomingBody {
  readonly #bytes: Uint8Array;
  readonly #waiter: Waiter;
  constructor(bytes: Uint8Array, waiter: Waiter) {
    this.#bytes = bytes;
    this.#waiter = waiter;
  }
  stream(): InputStream {
    return new InputStream(this.#bytes, this.#waiter);
  }
  static finish(_body: IncomingBody): FutureTrailers {
    return new FutureTrailers();
  }
}

export class IncomingRequest {
  readonly #request: GuestRequest;
  readonly #waiter: Waiter;
  constructor(request: GuestRequest, waiter: Waiter) {
    this.#request = request;
    this.#waiter = waiter;
  }
  method(): Tagged {
    const name = this.#request.method.toLowerCase();
    const known = ["get", "head", "post", "put", "delete", "connect", "options", "trace", "patch"];
    return known.includes(name) ? { tag: name } : { tag: "other", val: this.#request.method };
  }
  pathWithQuery(): string {
    return this.#request.uri;
  }
  /** Always http, also behind TLS: so does Spin 4.0.2. */
  scheme(): Tagged {
    return { tag: "HTTP" };
  }
  authority(): string {
    const { headers } = this.#request;
    const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === "host");
    return at < 0 ? "localhost" : (headers[at + 1] ?? "localhost");
  }
  headers(): Fields {
    return Fields.frozen(this.#request.headers);
  }
  consume(): IncomingBody {
    return new IncomingBody(this.#request.body, this.#waiter);
  }
}

class IncomingResponse {
  readonly #reply: GuestReply;
  readonly #waiter: Waiter;
  constructor(reply: GuestReply, waiter: Waiter) {
    this.#reply = reply;
    this.#waiter = waiter;
  }
  status(): number {
    return this.#reply.status;
  }
  headers(): Fields {
    return Fields.frozen(this.#reply.headers);
  }
  consume(): IncomingBody {
    return new IncomingBody(this.#reply.body ?? new Uint8Array(0), this.#waiter);
  }
}

class OutgoingBody {
  readonly #chunks: Uint8Array[] = [];
  readonly #waiter: Waiter;
  onFinish: () => void = () => {};
  finished = false;
  constructor(waiter: Waiter) {
    this.#waiter = waiter;
  }
  write(): OutputStream {
    return new OutputStream((bytes) => this.#chunks.push(bytes), this.#waiter);
  }
  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
  static finish(body: OutgoingBody, _trailers: Fields | undefined): void {
    body.finished = true;
    body.onFinish();
  }
}

/** What a request and a response have in common on their way out of a guest. */
class OutgoingMessage {
  readonly #headers: Fields;
  readonly #waiter: Waiter;
  taken: OutgoingBody | undefined;
  constructor(headers: Fields, waiter: Waiter) {
    this.#headers = headers;
    this.#waiter = waiter;
  }
  headers(): Fields {
    return this.#headers;
  }
  body(): OutgoingBody {
    if (this.taken !== undefined) throw undefined;
    this.taken = new OutgoingBody(this.#waiter);
    return this.taken;
  }
}

export class OutgoingResponse extends OutgoingMessage {
  #status = 200;
  statusCode(): number {
    return this.#status;
  }
  setStatusCode(status: number): void {
    if (status < 100 || status > 999) throw undefined;
    this.#status = status;
  }
}

class OutgoingRequest extends OutgoingMessage {
  #method: Tagged = { tag: "get" };
  #path: string | undefined;
  #scheme: Tagged | undefined;
  #authority: string | undefined;
  method(): Tagged {
    return this.#method;
  }
  setMethod(method: Tagged): void {
    this.#method = method;
  }
  pathWithQuery(): string | undefined {
    return this.#path;
  }
  setPathWithQuery(path: string | undefined): void {
    this.#path = path;
  }
  scheme(): Tagged | undefined {
    return this.#scheme;
  }
  setScheme(scheme: Tagged | undefined): void {
    this.#scheme = scheme;
  }
  authority(): string | undefined {
    return this.#authority;
  }
  setAuthority(authority: string | undefined): void {
    this.#authority = authority;
  }
  url(): string {
    const scheme = this.#scheme?.tag === "HTTP" ? "http" : (this.#scheme?.val ?? "https");
    return `${scheme}://${this.#authority ?? ""}${this.#path ?? "/"}`;
  }
}

class RequestOptions {
  #connect: bigint | undefined;
  #firstByte: bigint | undefined;
  #betweenBytes: bigint | undefined;
  connectTimeout() {
    return this.#connect;
  }
  setConnectTimeout(ns: bigint | undefined): void {
    this.#connect = ns;
  }
  firstByteTimeout() {
    return this.#firstByte;
  }
  setFirstByteTimeout(ns: bigint | undefined): void {
    this.#firstByte = ns;
  }
  betweenBytesTimeout() {
    return this.#betweenBytes;
  }
  setBetweenBytesTimeout(ns: bigint | undefined): void {
    this.#betweenBytes = ns;
  }
}

/** Where a guest puts its answer. */
export class ResponseOutparam {
  answer: { tag: "ok"; val: OutgoingResponse } | { tag: "err"; val: unknown } | undefined;
  readonly #onWhole: (response: OutgoingResponse) => void;
  /** `onWhole` is called once the answer is there with all of its body; the guest may work on after that. */
  constructor(onWhole: (response: OutgoingResponse) => void = () => {}) {
    this.#onWhole = onWhole;
  }
  static set(param: ResponseOutparam, answer: NonNullable<ResponseOutparam["answer"]>): void {
    param.answer = answer;
    if (answer.tag === "err") return;
    const { val: response } = answer;
    const whole = () => param.#onWhole(response);
    if (response.taken === undefined || response.taken.finished) whole();
    else response.taken.onFinish = whole;
  }
}

class FutureIncomingResponse {
  readonly #waiter: Waiter;
  #call: CallResult | PendingCall | undefined;
  #taken = false;
  constructor(waiter: Waiter) {
    this.#waiter = waiter;
  }
  begin(call: CallResult | PendingCall): void {
    this.#call = call;
  }
  #result(): CallResult | undefined {
    return this.#call !== undefined && "result" in this.#call ? this.#call.result() : this.#call;
  }
  subscribe(): Pollable {
    return new Pollable(this.#waiter, () => this.#result() !== undefined);
  }
  get() {
    const result = this.#result();
    if (result === undefined) return undefined;
    if (this.#taken) return { tag: "err", val: undefined };
    this.#taken = true;
    if (result.ok)
      return { tag: "ok", val: { tag: "ok", val: new IncomingResponse(result.reply, this.#waiter) } };
    const val =
      result.code === "internal-error" ? { tag: result.code, val: result.text } : { tag: result.code };
    return { tag: "ok", val: { tag: "err", val } };
  }
}

/** The import object of `wasi:http` for one component. */
export function wasiHttpImports(
  grant: ComponentGrant,
  waiter: Waiter,
  outbound: Outbound,
): Record<string, Record<string, unknown>> {
  const handle = (request: OutgoingRequest, options: RequestOptions | undefined): FutureIncomingResponse => {
    if (!URL.canParse(request.url())) throw { tag: "HTTP-request-URI-invalid" };
    const future = new FutureIncomingResponse(waiter);
    const begin = () => {
      const { tag, val } = request.method();
      future.begin(
        callOut(grant.outbound, outbound, {
          method: (val ?? tag).toUpperCase(),
          url: request.url(),
          headers: request.headers().flat(),
          body: request.taken?.bytes() ?? new Uint8Array(0),
          firstByteTimeoutMs: Number(options?.firstByteTimeout() ?? 600_000_000_000n) / 1e6,
        }),
      );
    };
    // A body that the guest still writes is waited for: what goes out is whole.
    if (request.taken === undefined || request.taken.finished) begin();
    else request.taken.onFinish = begin;
    return future;
  };
  return {
    "wasi:http/outgoing-handler": { handle },
    "wasi:http/types": {
      Fields,
      FutureIncomingResponse,
      FutureTrailers,
      IncomingBody,
      IncomingRequest,
      IncomingResponse,
      OutgoingBody,
      OutgoingRequest: class extends OutgoingRequest {
        constructor(headers: Fields) {
          super(headers, waiter);
        }
      },
      OutgoingResponse: class extends OutgoingResponse {
        constructor(headers: Fields) {
          super(headers, waiter);
        }
      },
      RequestOptions,
      ResponseOutparam,
      httpErrorCode: () => undefined,
    },
  };
}
