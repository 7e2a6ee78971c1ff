/**
 * The one handler shape: a request record in, a reply record out. Both engines, the embedded host, the
 * agent and the tests speak it, so a handler never knows which of them called. Bodies are whole.
 */

/** A request as the host hands it over. `uri` is path and query as sent; header names are lower case. */
export interface HttpRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

/** A reply. A string body is sent as UTF-8; the entry encodes it. */
export interface HttpReply {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | string;
  /**
   * While nothing is committed to the store, the same request has this very answer until then (milliseconds since
   * 1970). Absent where it may have another one at once.
   */
  readonly sameUntilMs?: number;
}

/** What an answer depends on besides its address: who asks, by which of two ways, and from which page. */
export const VARY = "Authorization, Cookie, Origin";
