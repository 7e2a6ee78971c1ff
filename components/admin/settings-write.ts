/** A change of settings documents: the words that go with it, and the proposal as administration makes it. */

import { concatBytes } from "@noble/hashes/utils.js";
import type { Proposal, Proposer } from "../../lib/core/commit/proposal.ts";
import type { Committed, OpResult } from "../../lib/core/commit/verdict.ts";
import type { NamedState } from "../../lib/core/conditions.ts";
import type { Refusal } from "../../lib/core/refusal.ts";
import { encodeUtf8 } from "../../lib/core/utf8.ts";
import type { AnsweredOp } from "../../lib/http/commit-reply.ts";
import type { Context } from "../../lib/http/context.ts";
import { propose, proposerOf } from "../../lib/http/propose.ts";
import { refusalOf } from "../../lib/http/refused-commit.ts";
import type { Answer, Result, Wait } from "../../lib/http/result.ts";
import type { ReservedNamespace } from "../../lib/store/documents/settings.ts";
import { SETTING_WORDS } from "./setting-words.ts";

export interface SettingChange {
  readonly namespace: ReservedNamespace;
  readonly key: string;
  /** The document as JSON text; null deletes it. */
  readonly json: string | null;
  readonly state: NamedState;
}

/** What goes with a change besides it; what a request's input has under these names. */
export interface Words {
  readonly message: string | null;
  readonly requestId: string | null;
  readonly trace: string | null;
}

export interface Written {
  readonly outcome: Committed;
  /** Of the first change, and what became of its document. */
  readonly op: AnsweredOp;
  readonly result: OpResult;
}

interface Writing {
  readonly change: SettingChange;
  /** What goes with it in the same commit. */
  readonly more?: readonly SettingChange[];
  readonly words: Words;
  /** The caller, unless one of Ledge's own actors does it. */
  readonly proposer?: Proposer;
  /** What must not have changed since, and what of policies it breaks and why. */
  readonly bound?: Partial<
    Pick<Proposal, "comparedAt" | "carries" | "override" | "author" | "meta" | "approvedBy">
  >;
}

/** Proposes the documents; `refused` may answer another way than with what the commit was refused for. */
export function writeSetting<Body>(
  context: Context,
  { change, more = [], words, proposer = proposerOf(context.caller), bound = {} }: Writing,
  written: (written: Written) => Answer<Body> | Wait,
  refused: (refusal: Refusal) => Answer<Body> | Wait = (refusal) => refusal,
): Result<Body> {
  const { ops, body } = opsOf([change, ...more]);
  const { message, requestId, trace } = words;
  const proposed = {
    proposer,
    door: "admin",
    requestId,
    message,
    author: null,
    meta: null,
    trace,
    ops,
    body,
    ...bound,
  } as const;
  return propose(context, proposed, (outcome) => {
    if (!outcome.ok) return refused(refusalOf(outcome, () => "", SETTING_WORDS));
    const [[op], [result]] = [ops, outcome.results];
    if (op === undefined || result === undefined) throw new Error("one operation has one result");
    return written({ outcome, op, result });
  });
}

function opsOf(changes: readonly SettingChange[]): { ops: AnsweredOp[]; body: Uint8Array } {
  let at = 0;
  const bodies: Uint8Array[] = [];
  const ops = changes.map(({ namespace, key, json, state }): AnsweredOp => {
    const bytes = encodeUtf8(json ?? "");
    bodies.push(bytes);
    const begin = at;
    at += bytes.length;
    return {
      op: json === null ? "delete" : "put",
      namespace,
      key,
      mediaType: json === null ? null : "application/json",
      ...state,
      at: begin,
      size: bytes.length,
      text: json !== null,
    };
  });
  return { ops, body: concatBytes(...bodies) };
}
