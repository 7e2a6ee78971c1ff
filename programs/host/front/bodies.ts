/**
 * Request bodies on their way in. Promise: the bodies that are read or used at one time stay within one budget; what a
 * body took of it is given back, however its request ends; a body that is refused is not kept.
 */
import type { IncomingMessage } from "node:http";

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
/** How long a refused body is read on and forgotten. A client that still sends would not see an answer before a reset. */
const DRAIN_MS = 1000;

export class Bodies {
  readonly limits: BodyLimits;
  #heldBytes = 0;

  constructor(limits: BodyLimits) {
    this.limits = limits;
  }

  /** The whole body, or why there is none. A length that is declared is judged before anything is read. */
  read(incoming: IncomingMessage): Promise<BodyRead> {
    const declared = Number(incoming.headers["content-length"] ?? 0);
    if (declared === 0 && incoming.headers["transfer-encoding"] === undefined)
      return Promise.resolve(NO_BODY);
    const share = new Share((bytes) => this.#hold(bytes));
    const refusal = this.#grow(share, declared);
    if (refusal !== undefined) return Promise.resolve({ type: refusal });
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
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
        sizeBytes += chunk.length;
        chunks.push(chunk);
        const over = this.#grow(share, sizeBytes);
        if (over !== undefined) settle({ type: over });
      };
      const timer = setTimeout(() => settle({ type: "body_timeout" }), this.limits.timeoutMs);
      incoming.on("data", take);
      incoming.on("end", () =>
        settle({ type: "whole", bytes: Buffer.concat(chunks), release: () => share.release() }),
      );
      incoming.on("error", () => settle({ type: "gone" }));
      incoming.on("close", () => settle({ type: "gone" }));
    });
  }

  #grow(share: Share, sizeBytes: number): "too_large" | "overloaded" | undefined {
    if (sizeBytes > this.limits.bytesMax) return "too_large";
    return share.growTo(sizeBytes) ? undefined : "overloaded";
  }

  /** Less than nothing gives back. */
  #hold(bytes: number): boolean {
    if (this.#heldBytes + bytes > this.limits.togetherBytesMax) return false;
    this.#heldBytes += bytes;
    return true;
  }
}

/** What one body holds of the budget. */
class Share {
  readonly #hold: (bytes: number) => boolean;
  #bytes = 0;

  constructor(hold: (bytes: number) => boolean) {
    this.#hold = hold;
  }

  growTo(bytes: number): boolean {
    if (bytes <= this.#bytes) return true;
    if (!this.#hold(bytes - this.#bytes)) return false;
    this.#bytes = bytes;
    return true;
  }

  release(): void {
    this.#hold(-this.#bytes);
    this.#bytes = 0;
  }
}

/** Reads on and forgets, until the body ends or its time is over. */
export function drain(incoming: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, DRAIN_MS);
    for (const event of ["end", "close"]) {
      incoming.once(event, () => {
        clearTimeout(timer);
        resolve();
      });
    }
    incoming.resume();
  });
}
