/**
 * Request bodies on their way in. Promise: the bodies that are read or used at one time stay within one budget; what a
 * body took of it is given back, however its request ends; a body that is refused is not kept. What counts is what has
 * come, not what was announced; and small bodies have a share that large ones leave to them.
 */
import type { IncomingMessage } from "node:http";
import { BROKEN_OFF } from "./connections.ts";

export interface BodyLimits {
  /** For one body. */
  readonly bytesMax: number;
  /** For all that are read or used at one time. */
  readonly togetherBytesMax: number;
  /** For one body, from its head to its last byte. */
  readonly timeoutMs: number;
}

export type BodyRead =
  /** `release` when nothing needs the bytes any more. */
  | { readonly type: "whole"; readonly bytes: Uint8Array; release(): void }
  | { readonly type: BodyRefusal }
  /** The client went away; there is nobody to answer. */
  | { readonly type: "gone" };

export type BodyRefusal = "too_large" | "overloaded" | "body_timeout";

const NO_BODY: BodyRead = { type: "whole", bytes: new Uint8Array(0), release: () => {} };
/** How long a refused body is read on and forgotten, in all and while nothing comes (as nginx lingers). */
const DRAIN_MS = 30_000;
const DRAIN_IDLE_MS = 5000;
/** Of this size and below a body is small. */
const SMALL_BYTES = 65_536;
/** The part of the budget that is left to small bodies. */
const SMALL_SHARE = 1 / 8;

export class Bodies {
  readonly limits: BodyLimits;
  #heldBytes = 0;

  constructor(limits: BodyLimits) {
    this.limits = limits;
  }

  /** By the length that it declares. */
  isTooLarge({ headers }: IncomingMessage): boolean {
    return Number(headers["content-length"] ?? 0) > this.limits.bytesMax;
  }

  /** The whole body, or why there is none. A length that is declared is judged before anything is read. */
  read(incoming: IncomingMessage): BodyRead | Promise<BodyRead> {
    const declared = Number(incoming.headers["content-length"] ?? 0);
    if (!hasBody(incoming)) return NO_BODY;
    if (this.isTooLarge(incoming)) return { type: "too_large" };
    if (!this.#hasRoomFor(declared, declared)) return { type: "overloaded" };
    const share = new Share((bytes, whole) => this.#hold(bytes, whole));
    return new Promise((resolve) => {
      const body = new GrowingBytes(declared);
      let settled = false;
      const settle = (read: BodyRead) => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        incoming.off("data", take);
        if (read.type !== "whole") share.release();
        resolve(read);
      };
      const take = (chunk: Buffer) => {
        const over = this.#grow(share, body.length + chunk.length);
        if (over !== undefined) settle({ type: over });
        else body.add(chunk);
      };
      const timer = setTimeout(() => settle({ type: "body_timeout" }), this.limits.timeoutMs);
      incoming.on("data", take);
      incoming.on("end", () =>
        settle({ type: "whole", bytes: body.bytes(), release: () => share.release() }),
      );
      for (const event of ["error", "close", BROKEN_OFF]) incoming.on(event, () => settle({ type: "gone" }));
    });
  }

  #grow(share: Share, sizeBytes: number): "too_large" | "overloaded" | undefined {
    if (sizeBytes > this.limits.bytesMax) return "too_large";
    return share.growTo(sizeBytes) ? undefined : "overloaded";
  }

  #hasRoomFor(bytes: number, whole: number): boolean {
    const { togetherBytesMax } = this.limits;
    const max = whole <= SMALL_BYTES ? togetherBytesMax : togetherBytesMax * (1 - SMALL_SHARE);
    return this.#heldBytes + bytes <= max;
  }

  /** For a body that has so much then. Less than nothing gives back. */
  #hold(bytes: number, whole: number): boolean {
    if (bytes > 0 && !this.#hasRoomFor(bytes, whole)) return false;
    this.#heldBytes += bytes;
    return true;
  }
}

/** What one body holds of the budget. */
class Share {
  readonly #hold: (bytes: number, whole: number) => boolean;
  #bytes = 0;

  constructor(hold: (bytes: number, whole: number) => boolean) {
    this.#hold = hold;
  }

  growTo(bytes: number): boolean {
    if (bytes <= this.#bytes) return true;
    if (!this.#hold(bytes - this.#bytes, bytes)) return false;
    this.#bytes = bytes;
    return true;
  }

  release(): void {
    this.#hold(-this.#bytes, 0);
    this.#bytes = 0;
  }
}

/** Bytes that come in pieces of any size, copied together: a piece of one byte would cost hundreds if it were kept. */
class GrowingBytes {
  #block: Buffer;
  length = 0;

  constructor(expected: number) {
    this.#block = Buffer.alloc(Math.min(expected, SMALL_BYTES));
  }

  add(piece: Uint8Array): void {
    const length = this.length + piece.length;
    if (length > this.#block.length) {
      const wider = Buffer.alloc(Math.max(length, 2 * this.#block.length));
      this.#block.copy(wider, 0, 0, this.length);
      this.#block = wider;
    }
    this.#block.set(piece, this.length);
    this.length = length;
  }

  bytes(): Uint8Array {
    return this.#block.subarray(0, this.length);
  }
}

/** Whether a request has a body (RFC 9112 section 6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0;
}

/** For a request that is answered before its body is read: what its answer waits for; undefined without a body. */
export function unread(incoming: IncomingMessage): Promise<void> | undefined {
  return hasBody(incoming) ? drain(incoming) : undefined;
}

/**
 * Reads on and forgets, until the body ends, nothing more comes, or it goes on for too long. A client that is still
 * sending when its connection is reset never sees the answer that lies in its buffer.
 */
export function drain(incoming: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(idle);
      clearTimeout(whole);
      resolve();
    };
    const idle = setTimeout(done, DRAIN_IDLE_MS);
    const whole = setTimeout(done, DRAIN_MS);
    incoming.on("data", () => idle.refresh());
    for (const event of ["end", "close", BROKEN_OFF]) incoming.once(event, done);
  });
}
