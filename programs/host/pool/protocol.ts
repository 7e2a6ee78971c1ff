/**
 * What the front and a worker say to each other, and the cell of shared memory between them.
 * Everything here is plain data; a body travels as bytes, headers as name, value, name, value.
 */
import type { ComponentReach } from "../spin/reach.ts";

/** A component as a worker needs it: its grants and its code, nothing of the manifest. */
export interface ComponentGrant extends ComponentReach {
  readonly kind: "inbound-http" | "wasi-http";
  readonly glueFile: string;
  readonly modules: Readonly<Record<string, WebAssembly.Module>>;
}

export interface WorkerSettings {
  /** The kind of guests that this worker's requests are for. */
  readonly kind: ComponentGrant["kind"];
  readonly components: readonly ComponentGrant[];
  readonly freshInstances: boolean;
  /** programs/libsql/worker.ts as JavaScript. */
  readonly libsqlWorkerFile: string;
  readonly cell: SharedArrayBuffer;
  /** Our own origin, for `http://self.alt/`. */
  readonly selfOrigin: string;
}

export interface GuestRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly uri: string;
  readonly headers: readonly string[];
  readonly body: Uint8Array;
}

export interface GuestReply {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Uint8Array | undefined;
  /** As handlers say it (lib/core/http.ts). */
  readonly sameUntilMs?: number;
}

/** What a component's variables are from a request on; empty where they stay. */
export type RenewedVariables = Readonly<Record<string, string>>;

/** What a component is asked for: a request, or a tick. */
export type Order =
  | {
      readonly type: "http";
      readonly component: string;
      readonly request: GuestRequest;
      readonly variables: RenewedVariables;
    }
  | {
      readonly type: "cron";
      readonly component: string;
      readonly timestamp: number;
      readonly variables: RenewedVariables;
    };

export type ToWorker = Order & { readonly id: number };

export type FromWorker =
  | { readonly type: "ready" }
  /** `goesOn`: the guest works on; `ended` follows, and until then the worker is not free. */
  | { readonly type: "reply"; readonly id: number; readonly reply: GuestReply; readonly goesOn: boolean }
  | { readonly type: "ended"; readonly id: number }
  /** The guest trapped, or failed in a way that its platform calls one; its instance is gone. */
  | { readonly type: "trap"; readonly id: number; readonly text: string }
  | { readonly type: "ticked"; readonly id: number; readonly error: string | undefined }
  | {
      readonly type: "output";
      readonly component: string;
      readonly stream: "stdout" | "stderr";
      readonly text: string;
    }
  | { readonly type: "outbound"; readonly id: number; readonly request: OutboundRequest }
  /** A call to a component of the other kind, which runs on a worker of its own. */
  | {
      readonly type: "chain";
      readonly id: number;
      readonly component: string;
      readonly request: GuestRequest;
    };

/** A call that leaves the guest; the main thread makes it, since a waiting guest holds its thread. */
export interface OutboundRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly string[];
  readonly body: Uint8Array;
  readonly firstByteTimeoutMs: number;
}

export type OutboundResult =
  | { readonly id: number; readonly ok: true; readonly reply: GuestReply }
  | { readonly id: number; readonly ok: false; readonly code: string; readonly text: string };

/** Places in the shared cell, as 32-bit numbers. */
export const CELL = {
  /** 1 while a call of better-sqlite3 runs: ending a thread inside one aborts the whole process. */
  inSqlite: 0,
  /** 1 once the front has given the worker up: it must not enter SQLite again. */
  doomed: 1,
  /** Raised by the front after it has put an outbound result on the port. */
  arrivals: 2,
  /** The request that the worker is at, 0 when idle. */
  current: 3,
  /** The request that stood behind one whose guest waits, and was given to another worker instead. */
  revoked: 4,
} as const;
export const CELL_BYTES = 20;
