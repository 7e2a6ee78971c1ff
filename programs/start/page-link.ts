/** The console's address as a start says it: with a code that signs its reader in, once, where there is a token. */
import { CODE_SECONDS, type SignInCodes } from "../host/front/sign-in-codes.ts";
import type { FirstToken } from "./first-token.ts";
import type { Variable } from "./variables.ts";

export interface PageLink {
  readonly address: string;
  /** Whether it signs in. */
  readonly signsIn: boolean;
}

/** Undefined where the console is switched off. */
export function pageLink(
  url: string,
  variable: Variable,
  { token, codes }: { token: FirstToken; codes: SignInCodes },
): PageLink | undefined {
  if (variable("console") === "off") return undefined;
  return "token" in token
    ? { address: `${url}/#code=${codes.make(token.token)}`, signsIn: true }
    : { address: `${url}/`, signsIn: false };
}

/** For how long, in words. */
export const LINK_MINUTES = CODE_SECONDS / 60;
