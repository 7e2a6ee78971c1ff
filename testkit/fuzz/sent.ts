/** A request as a fuzzing client writes it: each part as Latin-1 text or bytes, so that any of them may be wrong. */

export interface SentRequest {
  readonly method: string;
  readonly target: string;
  /** What stands behind the target, `HTTP/1.1` as a rule. */
  readonly version: string;
  /** Name and value; written as they are, a colon between them. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

/** What goes out on one connection, and how. */
export interface FuzzCase {
  readonly seed: number;
  readonly requests: readonly SentRequest[];
  /** The bytes, in the pieces in which they are written. */
  readonly pieces: readonly Buffer[];
  /** Each request can be told from the next, so each has an answer of its own. */
  readonly whole: boolean;
  /** The client closes its side behind the last byte. */
  readonly halfClose: boolean;
}

export function requestBytes({ method, target, version, headers, body }: SentRequest): Buffer {
  const lines = headers.map(([name, value]) => `${name}:${value === "" ? "" : ` ${value}`}\r\n`);
  return Buffer.concat([
    Buffer.from(`${method} ${target} ${version}\r\n${lines.join("")}\r\n`, "latin1"),
    body,
  ]);
}

/** The same request with other parts. */
export function withParts(request: SentRequest, parts: Partial<SentRequest>): SentRequest {
  return { ...request, ...parts };
}

/** With the length of its body said once and truly. */
export function framed(request: SentRequest): SentRequest {
  const others = request.headers.filter(([name]) => name.toLowerCase() !== "content-length");
  const length = ["Content-Length", String(request.body.length)] as const;
  return { ...request, headers: request.body.length === 0 ? others : [...others, length] };
}
