/**
 * A root token that a secret of the server's makes, in the name of one of Ledge's own actors. Promise: the same request
 * again finds what it made, since the caller brings accessor and digest.
 */
import type { Token } from "../../lib/api/admin-answers.ts";
import type { RecoverBody } from "../../lib/api/admin-bodies.ts";
import { equalDigests } from "../../lib/core/hex.ts";
import { type Refusal, refuse } from "../../lib/core/refusal.ts";
import { type TokenDocument, tokenKey } from "../../lib/core/token.ts";
import type { Context } from "../../lib/http/context.ts";
import type { Answer, Result, Wait } from "../../lib/http/result.ts";
import { findSetting } from "../../lib/store/documents/settings.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import { type Words, writeSetting } from "./settings-write.ts";
import { writtenReply } from "./token-view.ts";

type Actor = "_bootstrap" | "_recovery";

/** What both secrets' requests say of the token. */
type Asked = Pick<RecoverBody, "name" | "accessor" | "digest">;

/** Refuses `invalid_body`. */
export function judgeTokenName({ name }: Asked): Refusal<"invalid_body"> | undefined {
  return name.startsWith("_")
    ? refuse("invalid_body", "Names that begin with _ are Ledge's own.")
    : undefined;
}

/** The token that this request has made before. */
export function madeBefore(
  db: Db,
  { name, accessor, digest }: Asked,
  creator: Actor,
): TokenDocument | undefined {
  const found = findSetting(db, "_auth", tokenKey(accessor));
  if (found === undefined) return undefined;
  const token: TokenDocument = JSON.parse(found.json);
  const same = token.name === name && equalDigests(token.digest, digest) && token.creator === creator;
  return same ? token : undefined;
}

/** `refused` answers where somebody else was faster, perhaps this very request, sent twice. */
export function writeRoot(
  context: Context,
  {
    document,
    accessor,
    words,
  }: {
    readonly document: TokenDocument;
    readonly accessor: string;
    readonly words: Omit<Words, "requestId">;
  },
  {
    actor,
    refused,
  }: {
    readonly actor: Actor;
    readonly refused: (refusal: Refusal) => Answer<Token> | Wait;
  },
): Result<Token> {
  const json = JSON.stringify(document);
  const state = { ifRevision: 0, ifLineage: null };
  return writeSetting(
    context,
    {
      change: { namespace: "_auth", key: tokenKey(accessor), json, state },
      words: { ...words, requestId: null },
      proposer: { kind: "reserved", actor },
    },
    (written) => writtenReply(json, written, { status: 201 }),
    refused,
  );
}
