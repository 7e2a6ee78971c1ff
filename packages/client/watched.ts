/** What is told of changes, and how that is asked for. */
import type { FeedPage } from "../../lib/api/document-answers.ts";
import { bytesOfBase64, type ConfigDocument } from "./document.ts";

/** What one commit did to one document. */
export type WatchedChange =
  | { readonly op: "put"; readonly key: string; readonly mediaType: string; readonly bytes: Uint8Array }
  | { readonly op: "delete"; readonly key: string };

export type WatchEvent =
  | {
      readonly type: "commit";
      readonly revision: number;
      /** ISO 8601. */
      readonly time: string;
      /** Only where the token may read all of the commit. */
      readonly message?: string;
      readonly changes: readonly WatchedChange[];
    }
  /** All there is: at the beginning where that was asked for, and where changes in between cannot be told. */
  | { readonly type: "state"; readonly revision: number; readonly documents: readonly ConfigDocument[] };

export type OnChange = (event: WatchEvent) => void | Promise<void>;

export interface WatchSettings {
  /** Begin with the state as it is, as the first event. Default: with the next change. */
  readonly initial?: boolean;
  /** Begin with the commits after this revision. */
  readonly since?: number;
  readonly signal?: AbortSignal;
  /** Between two questions to a server that lets nobody wait, in milliseconds. Default: 5,000. */
  readonly pollMs?: number;
}

export interface Watching {
  /** From then on nothing more is told. */
  close(): void;
  /** Resolves when it was closed. Rejects with what ended it: a refusal, or what `onChange` threw. */
  readonly done: Promise<void>;
}

/** None for a value that was replaced since and is not shown: the change that replaced it follows. */
export function changeOf(change: FeedPage["commits"][number]["changes"][number]): WatchedChange[] {
  const { op, key } = change;
  if (op !== "put") return [{ op: "delete", key }];
  if (change.superseded === true) return [];
  const { mediaType, text, base64 } = change;
  const bytes = base64 === undefined ? new TextEncoder().encode(text ?? "") : bytesOfBase64(base64);
  return [{ op, key, mediaType, bytes }];
}
