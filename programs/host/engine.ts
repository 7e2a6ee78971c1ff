/**
 * What runs the components of a manifest: the one thing that differs between the engines of one front. Promise of each:
 * an order always ends, in a result; one request's failure costs no other's.
 */
import type { KeptAnswers } from "./answers.ts";
import type { GuestReply, Order } from "./pool/protocol.ts";
import type { Soon } from "./soon.ts";

export type JobResult =
  | { readonly type: "reply"; readonly reply: GuestReply }
  | { readonly type: "ticked"; readonly error: string | undefined }
  | { readonly type: "trap"; readonly text: string }
  /** Over its limit, or ended by `stop` while a guest was at it. */
  | { readonly type: "timeout" }
  /** Never begun: the queue is full with so many, or the host stops. */
  | { readonly type: "refused"; readonly waiting: number };

export interface Engine {
  /** Undefined where every request has to be run. */
  readonly answers?: KeptAnswers | undefined;
  /** The store's file has a log beside it (`-wal`) for as long as the engine runs. */
  readonly keepsLog?: boolean;
  /** Resolves when it can run orders. `selfUrl` is where the front listens. */
  start(selfUrl: string): Promise<void>;
  /** Runs one order. Never rejects. */
  run(order: Order, limitMs: number): Soon<JobResult>;
  /** Waits for what is running up to `graceMs`, then ends all that it has begun. */
  stop(graceMs: number): Promise<void>;
}
