/**
 * One-time codes for the console: a link carries a code instead of a token, so that no token comes into an address, a
 * browser's history or a list of processes. Promise: a code is good once, for ten minutes, and only in this process.
 */
import { randomBytes } from "node:crypto";
import { type Refusal, refuse } from "../../../lib/core/refusal.ts";
import type { GuestRequest } from "../pool/protocol.ts";

/** A POST with a token makes a code for it. */
export const CODE_PATH = "/console/code";
export const CODE_SECONDS = 600;
const SESSION_PATH = "/console/session";
const CODE_HEADER = "ledge-console-code";
/** Of the token that has most of them the oldest goes when there are more, so nobody pushes out what others ask for. */
const CODES_MAX = 100;

export class SignInCodes {
  readonly #tokens = new Map<string, { readonly token: string; readonly untilMs: number }>();
  readonly #nowMs: () => number;

  /** `nowMs` is a clock that only goes ahead. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  make(token: string): string {
    if (this.#tokens.size >= CODES_MAX) this.#makeRoom();
    const code = randomBytes(24).toString("base64url");
    this.#tokens.set(code, { token, untilMs: this.#nowMs() + CODE_SECONDS * 1000 });
    return code;
  }

  #makeRoom(): void {
    const codes = new Map<string, string[]>();
    for (const [code, { token }] of this.#tokens) codes.set(token, [...(codes.get(token) ?? []), code]);
    const [most = []] = [...codes.values()].sort((a, b) => b.length - a.length);
    this.#tokens.delete(most[0] ?? "");
  }

  /** Its token, once. */
  take(code: string): string | undefined {
    const known = this.#tokens.get(code);
    this.#tokens.delete(code);
    return known !== undefined && this.#nowMs() < known.untilMs ? known.token : undefined;
  }
}

/** A request that begins a session by a code has the code's token from here on; any other is what it was. */
export function withTokenOfCode(
  codes: SignInCodes | undefined,
  request: GuestRequest,
): GuestRequest | Refusal<"bad_token"> {
  const at = request.headers.findIndex((text, index) => index % 2 === 0 && text === CODE_HEADER);
  if (codes === undefined || at < 0 || request.method !== "POST" || request.uri !== SESSION_PATH)
    return request;
  const token = codes.take(request.headers[at + 1] ?? "");
  if (token === undefined)
    return refuse(
      "bad_token",
      "This link was used already, or is older than ten minutes. Ask for another: ledge open",
    );
  const headers = [...request.headers.slice(0, at), ...request.headers.slice(at + 2)];
  return { ...request, headers: [...headers, "authorization", `Bearer ${token}`] };
}
