/**
 * A root token by a secret of the server's. Promise: it is stored as a context before it is asked for, and only its
 * digest travels, so that a lost answer loses nothing: the same again asks for the same token. A refusal leaves the
 * contexts as they were.
 */
import { Token } from "../../../lib/api/admin-answers.ts";
import {
  formatToken,
  newToken,
  type ParsedToken,
  parseToken,
  secretDigest,
} from "../../../lib/core/token.ts";
import { openClient } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { randomBytes } from "../random.ts";
import { forgetContext, readContexts, type StoredContext, storeContext } from "../stored-contexts.ts";

export interface RootTokenAsked {
  readonly url: string;
  /** Of the context that the token is stored in. */
  readonly context: string;
  readonly ca: string | undefined;
  readonly secret: string;
  /** What the secret is called, for words. */
  readonly secretIs: string;
  readonly path: string;
  readonly name: string;
  /** What else the body says. */
  readonly more?: Readonly<Record<string, unknown>>;
  /** Makes another token where the stored one is refused with this code: its time is over. */
  readonly anewAt?: string;
}

/** Answers after which a token that was just made is of no use. */
const REFUSED = [EXIT.usage, EXIT.absent, EXIT.auth, EXIT.refused, EXIT.stale] as const;

/** The token that was made, or had been by the same request. The context is the current one then. */
export async function askRootToken(asked: RootTokenAsked): Promise<Token> {
  const { url, context, anewAt } = asked;
  const before = readContexts().contexts[context];
  if (before !== undefined && before.url !== url)
    throw new Failure(EXIT.usage, `context ${context} is another server, ${before.url}`, {
      hint: "choose a name with --context NAME",
    });
  const known = parseToken(before?.token ?? "");
  if (known === undefined) return askWith(asked, newToken(randomBytes), before);
  return askWith(asked, known, before).catch((error: unknown) => {
    if (!(error instanceof Failure) || anewAt === undefined || error.code !== anewAt) throw error;
    return askWith(asked, newToken(randomBytes), before);
  });
}

async function askWith(
  { url, context, ca, secret, secretIs, path, name, more }: RootTokenAsked,
  token: ParsedToken,
  before: StoredContext | undefined,
): Promise<Token> {
  const stored = { url, token: formatToken(token), ...(ca === undefined ? {} : { ca }) };
  storeContext(context, stored, { use: false });
  const body = { name, accessor: token.accessor, digest: secretDigest(token.secret), ...more };
  const client = openClient({ url, token: secret, tokenFrom: secretIs, ca });
  const made = await client
    .json(Token, "POST", path, { body: JSON.stringify(body), nameOf: flagOf })
    .catch((error: unknown) => {
      const refused = error instanceof Failure && REFUSED.some((exit) => exit === error.exit);
      if (!refused) throw error;
      if (before === undefined) forgetContext(context);
      else storeContext(context, before, { use: false });
      throw error;
    });
  storeContext(context, stored, { use: true });
  return made;
}

function flagOf(pointer: string): string | undefined {
  return { "/name": "--name", "/fresh": "--fresh" }[pointer];
}
