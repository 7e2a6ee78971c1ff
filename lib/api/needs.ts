/**
 * What a route asks of its caller, as data: the reader (lib/http/admission.ts) enforces it, the description and
 * docs/http.md put it into words, and the access tests are made from it.
 */
import type { Verb } from "../core/grant.ts";

/**
 * A verb over what the request names (its key, its namespace), over anything at all, or over everything. `namespace`
 * without a namespace in the request is `any`.
 */
export interface GrantNeed {
  readonly verb: Verb;
  readonly over: "key" | "namespace" | "any" | "everything";
}

/** A token with one of these grants. */
export interface TokenNeed {
  readonly anyOf: readonly GrantNeed[];
  /** A public namespace answers anybody, and every token. */
  readonly publicToo?: true;
  /** With `revision` in the request: this verb instead, which being public does not replace. */
  readonly past?: Verb;
  /** With `channel` in the request: this verb instead. */
  readonly pointed?: Verb;
  /** With `write` somewhere, one's own commits by their request id. */
  readonly ownRequest?: true;
  /** What a handler or the commit rules judge besides. */
  readonly besides?: string;
}

/** `chained`: only another component of this application. */
export type Needs = "nothing" | "any_token" | "bootstrap_secret" | "recovery_secret" | "chained" | TokenNeed;

/** In words, for people. */
export function wordsOf(needs: Needs): string {
  switch (needs) {
    case "nothing":
      return "nothing";
    case "any_token":
      return "any token";
    case "bootstrap_secret":
      return "the bootstrap secret instead of a token";
    case "recovery_secret":
      return "the recovery secret instead of a token";
    case "chained":
      return "a call of another component";
    default:
      return tokenWords(needs);
  }
}

function tokenWords({ anyOf, publicToo, past, pointed, ownRequest, besides }: TokenNeed): string {
  const parts = [anyOf.map(grantWords).join(", or ")];
  if (besides !== undefined) parts[0] += besides;
  if (past !== undefined) parts.push(`\`${past}\` with \`revision\``);
  if (pointed !== undefined) parts.push(`\`${pointed}\` with \`channel\``);
  if (ownRequest === true) parts.push("one's own `requestId` with `write`");
  if (publicToo === true) parts.push("nothing in a public namespace");
  return parts.join("; ");
}

function grantWords({ verb, over }: GrantNeed): string {
  const place = { key: "the key", namespace: "the namespace", any: "any key", everything: "`*`" }[over];
  return `\`${verb}\` over ${place}`;
}
