/** What the main thread and its threads say to each other. Everything here is plain data. */
import type { CommitOutcome } from "../../lib/core/commit/verdict.ts";
import type { CalledReply } from "../../lib/http/world.ts";
import type { GroupMember } from "../../lib/store/commit/group.ts";
import type { GuestReply, Order } from "../host/pool/protocol.ts";
import type { Commits } from "./store-watch.ts";

/** What a thread is for: commits, pages and other long reads, or all that needs the bucket. */
export type Role = "write" | "read" | "export";

export interface NativeThreadSettings {
  readonly role: Role;
  readonly file: string;
  /** Whether the file is kept in WAL. */
  readonly wal: boolean;
  readonly commits: Commits;
  /** Of each component. */
  readonly variables: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
  /** For a reading thread: raised when the answer to its call is on the port. */
  readonly arrivals: SharedArrayBuffer;
}

export type WireResult =
  | { readonly ok: true; readonly outcomes: readonly CommitOutcome[] }
  /** The text of a StoreFault. */
  | { readonly ok: false; readonly fault: string };

export type ToThread =
  | { readonly type: "commit"; readonly members: readonly GroupMember[] }
  | (Order & { readonly id: number })
  /** What became of a commit that a request of a reading thread asked for. */
  | { readonly type: "committed"; readonly id: number; readonly result: WireResult }
  /** The answer to a call that nothing was held for. */
  | { readonly type: "called"; readonly id: number; readonly reply: CalledReply | undefined }
  /** Finish what runs, and close the store. */
  | { readonly type: "stop" };

export type FromThread =
  | { readonly type: "ready" }
  /** In the order of the members. */
  | { readonly type: "results"; readonly results: readonly WireResult[] }
  | { readonly type: "reply"; readonly id: number; readonly reply: GuestReply }
  | { readonly type: "ticked"; readonly id: number; readonly error: string | undefined }
  | { readonly type: "commit"; readonly id: number; readonly member: GroupMember }
  /** A call to another component. Without `id` the thread waits for its answer, which comes over the port of calls. */
  | {
      readonly type: "call";
      readonly component: string;
      readonly path: string;
      readonly body?: Uint8Array;
      readonly id?: number;
    }
  | { readonly type: "output"; readonly component: string; readonly text: string }
  /** The store is closed; `trouble` says what was not as it should be. */
  | { readonly type: "stopped"; readonly trouble: string | undefined };
