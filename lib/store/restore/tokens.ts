/**
 * Tokens of a store that was just restored: those whose later fate is known, those to be revoked, and a new
 * root. All of it is committed by the reserved actor `_restore`; the caller holds the transaction.
 */

import type { NewRoot } from "../../api/restore-bodies.ts";
import type { ProposedOp } from "../../core/commit/proposal.ts";
import { isRoot } from "../../core/grant.ts";
import { isLive, rootDocument, type TokenDocument, tokenKey } from "../../core/token.ts";
import { encodeUtf8 } from "../../core/utf8.ts";
import { commitInside } from "../commit/commit.ts";
import type { Db } from "../sqlite/driver.ts";
import { rowsOf } from "../sqlite/statement.ts";
import { tokensSql } from "./tokens.sql.ts";

const TOKENS_A_COMMIT = 500;

export interface TokenFate {
  /** Key in `_auth` → the newest document that the bucket holds, as JSON text. */
  readonly later: ReadonlyMap<string, string>;
  readonly revokeAll: boolean;
  readonly newRoot: NewRoot | undefined;
  readonly nowMs: number;
  readonly revision: number;
}

export interface TokenOutcome {
  readonly applied: number;
  /** Live tokens, the new root apart. */
  readonly live: number;
  readonly liveRoots: number;
}

/** Applies what is known. Throws when a commit is refused, which would be a bug. */
export function settleTokens(db: Db, fate: TokenFate): TokenOutcome {
  const { later, revokeAll, newRoot, nowMs } = fate;
  const puts = new Map<string, string>();
  let applied = 0;
  for (const [key, json] of listTokens(db)) {
    const now: TokenDocument = JSON.parse(json);
    const next = later.get(key);
    const tightened = next !== undefined && isTighter(now, JSON.parse(next));
    if (tightened) {
      puts.set(key, next);
      applied += 1;
    }
    const left: TokenDocument = JSON.parse(tightened ? next : json);
    if (revokeAll && left.revokedMs === null) puts.set(key, JSON.stringify({ ...left, revokedMs: nowMs }));
  }
  if (newRoot !== undefined) {
    const root = rootDocument(newRoot, { creator: "_restore", nowMs });
    puts.set(tokenKey(newRoot.accessor), JSON.stringify(root));
  }
  if (puts.size > 0) putTokens(db, puts, fate);
  const tokens = listTokens(db).map(([key, json]): [string, TokenDocument] => [key, JSON.parse(json)]);
  const live = tokens.filter(([, token]) => isLive(token, nowMs));
  const own = newRoot === undefined ? undefined : tokenKey(newRoot.accessor);
  return {
    applied,
    live: live.filter(([key]) => key !== own).length,
    liveRoots: live.filter(([, token]) => isRoot(token.grants)).length,
  };
}

function listTokens(db: Db): [key: string, json: string][] {
  return rowsOf(db, tokensSql).map(({ key, json }) => [key, json]);
}

/** Whether the later document takes something away: revoked, another secret, or an earlier end. */
function isTighter(now: TokenDocument, later: TokenDocument): boolean {
  if (now.revokedMs !== null) return false;
  if (later.revokedMs !== null || later.digest !== now.digest) return true;
  return later.expiresMs !== null && (now.expiresMs === null || later.expiresMs < now.expiresMs);
}

function putTokens(db: Db, puts: ReadonlyMap<string, string>, { nowMs, revision }: TokenFate): void {
  const all = [...puts];
  for (let from = 0; from < all.length; from += TOKENS_A_COMMIT) {
    let at = 0;
    const values = all.slice(from, from + TOKENS_A_COMMIT).map(([key, json]) => {
      const bytes = encodeUtf8(json);
      const op: ProposedOp = {
        op: "put",
        namespace: "_auth",
        key,
        mediaType: "application/json",
        ifRevision: -1,
        ifLineage: null,
        at,
        size: bytes.length,
        text: true,
      };
      at += bytes.length;
      return { op, bytes };
    });
    const body = new Uint8Array(at);
    for (const { op, bytes } of values) body.set(bytes, op.at);
    const made = commitInside(db, {
      proposer: { kind: "reserved", actor: "_restore" },
      door: "admin",
      nowMs,
      requestId: null,
      message: `tokens after the restore to revision ${revision}`,
      author: null,
      meta: null,
      trace: null,
      ops: values.map(({ op }) => op),
      body,
    });
    if (!made.ok) throw new Error(`the tokens of a restored store were refused: ${made.code}`);
  }
}
