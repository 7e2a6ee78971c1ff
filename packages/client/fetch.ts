/**
 * What the client needs of `fetch`. The global one of any runtime fits; so does a small stand-in over another way to send,
 * a Unix socket for one.
 */

/** `redirect: "error"` has to be kept: a redirect would take the token to another place. */
export interface FetchAsked {
  readonly method: string;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly redirect: "error";
  readonly signal: AbortSignal;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

export type AnswerHeaders = Pick<Headers, "get" | "has">;

/** Rejects with why there was no answer; that is the `cause` of what the client throws. */
export interface FetchAnswer extends Pick<Response, "ok" | "status" | "body" | "arrayBuffer" | "text"> {
  readonly headers: AnswerHeaders;
}

export type Fetch = (url: string, asked: FetchAsked) => Promise<FetchAnswer>;
