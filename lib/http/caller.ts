/**
 * Who asks: the token in Authorization, or else of the console's session, against its document in the store. Promise: unknown, wrong and revoked
 * are told alike, and that a token has expired is told only to who has its secret.
 */
import { sessionToken } from "../core/console-session.ts";
import type { Grant, Verb } from "../core/grant.ts";
import { equalDigests } from "../core/hex.ts";
import type { HttpRequest } from "../core/http.ts";
import { accept, type Outcome, type Refusal, refuse } from "../core/refusal.ts";
import { givenTwice, REFUSAL_DETAILS } from "../core/refusal-details.ts";
import { trimOws } from "../core/request-headers.ts";
import {
  isExpired,
  type ParsedToken,
  parseToken,
  secretDigest,
  type TokenDocument,
  tokenOf,
} from "../core/token.ts";

/** What the request carries: a token in form, none, or something else. */
export type Credentials =
  | { readonly kind: "token"; readonly token: ParsedToken }
  | { readonly kind: "none" }
  | { readonly kind: "bad"; readonly refusal: Refusal<"bad_token" | "bad_header"> };

export interface Caller {
  /** Null for somebody without a token, whom only public namespaces answer. */
  readonly token: TokenDocument | null;
  readonly accessor: string | null;
  readonly digest: string;
  readonly grants: readonly Grant[];
}

const NOBODY: Caller = { token: null, accessor: null, digest: "", grants: [] };
const NONE: Credentials = { kind: "none" };

export function credentialsOf(request: HttpRequest): Credentials {
  let value: string | undefined;
  for (const [name, text] of request.headers) {
    if (name !== "authorization") continue;
    if (value !== undefined) {
      return { kind: "bad", refusal: refuse("bad_header", givenTwice("authorization")) };
    }
    value = text;
  }
  const text = value === undefined ? sessionToken(request.headers) : bearerText(value);
  if (value === undefined && text === undefined) return NONE;
  const token = parseToken(text ?? "");
  return token === undefined ? { kind: "bad", refusal: wrongToken() } : { kind: "token", token };
}

/** What stands behind `Bearer`; undefined for another scheme. */
export function bearerText(value: string): string | undefined {
  return /^bearer +/i.test(value) ? trimOws(value.replace(/^bearer +/i, "")) : undefined;
}

/** For the statements: whose token document to read. */
export function accessorOf(credentials: Credentials): string | null {
  return credentials.kind === "token" ? credentials.token.accessor : null;
}

/** The caller, once the store has been looked at. Nobody is a caller too. */
export function judgeCaller(
  credentials: Credentials,
  document: string | null,
  nowMs: number,
): Outcome<Caller, "bad_token" | "token_expired" | "bad_header"> {
  if (credentials.kind === "none") return accept(NOBODY);
  if (credentials.kind === "bad") return credentials.refusal;
  const digest = secretDigest(credentials.token.secret);
  if (document === null) return wrongToken();
  const token = tokenOf(document);
  if (!equalDigests(digest, token.digest) || token.revokedMs !== null) return wrongToken();
  if (isExpired(token.expiresMs, nowMs)) {
    return refuse("token_expired", REFUSAL_DETAILS.token_expired);
  }
  return accept({ token, accessor: credentials.token.accessor, digest, grants: token.grants });
}

export function unauthenticated(): Refusal<"unauthenticated"> {
  return refuse("unauthenticated", "Send a token: Authorization: Bearer ldg_…");
}

/** No grant: the same answer whether the thing exists or not. Names what is missing. */
export function forbidden(
  caller: Caller,
  verb: Verb,
  place: string,
): Refusal<"forbidden" | "unauthenticated"> {
  if (caller.token === null) return unauthenticated();
  return refuse("forbidden", `This needs the verb ${verb} on ${place}, which the token does not hold.`);
}

function wrongToken(): Refusal<"bad_token"> {
  return refuse("bad_token", REFUSAL_DETAILS.bad_token);
}
