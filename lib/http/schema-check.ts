/**
 * What components ask of schema-check, the one that judges by schemas, and how it answers: by service chaining, since no
 * other carries a validator. A question is a line of JSON with the bytes that it is about behind it.
 */
import type { Proposal } from "../core/commit/proposal.ts";
import { type CommitOutcome, type CommitRefusal, refusal } from "../core/commit/verdict.ts";
import type { RefusalCode } from "../core/refusal.ts";
import { decodeUtf8 } from "../core/utf8.ts";
import { concatenate } from "./reply.ts";
import type { CalledReply, World } from "./world.ts";

export const SCHEMA_CHECK = "schema-check";
export const VALUES_PATH = "/internal/schema-check/values";
/** How often a commit is judged by schemas that change all the time. */
export const JUDGED_MAX = 4;

/** A put to judge: where its value lies behind the line. */
export type PutToJudge = readonly [
  namespace: string,
  key: string,
  mediaType: string,
  at: number,
  size: number,
];

export interface ValuesAnswer {
  /** In the order of the puts: the schemas that each was judged by. */
  readonly schemas: readonly (string | null)[];
  readonly refused?: {
    readonly code: RefusalCode;
    readonly detail: string;
    /** `at` is the place of the put. */
    readonly causes: readonly { readonly at: number; readonly detail: string }[];
  };
}

/** What has to be judged before this can be committed: the question, and which proposal it is about. */
export interface Question {
  readonly proposal: Proposal;
  readonly unjudged: readonly number[];
  readonly body: Uint8Array;
}

/** Undefined where the outcomes are final. */
export function questionOf(
  proposals: readonly Proposal[],
  outcomes: readonly CommitOutcome[],
): Question | undefined {
  const last = outcomes.at(-1);
  const proposal = proposals[outcomes.length - 1];
  if (last === undefined || last.ok || last.unjudged === undefined || proposal === undefined)
    return undefined;
  return question(proposal, last.unjudged);
}

export function question(proposal: Proposal, unjudged: readonly number[]): Question {
  const puts = unjudged.map((index): PutToJudge => {
    const { namespace = "", key = "", mediaType, at = 0, size = 0 } = proposal.ops[index] ?? {};
    return [namespace, key, mediaType ?? "", at, size];
  });
  return { proposal, unjudged, body: concatenate([`${JSON.stringify(puts)}\n`, proposal.body]) };
}

/** What a question came to: the proposal to commit now, or what it is refused for. */
export function judged(
  { proposal, unjudged }: Question,
  reply: CalledReply | undefined,
  world: World,
): Proposal | CommitRefusal {
  if (reply?.status !== 200) {
    world.log("schemas.not_judged", { status: reply?.status ?? null });
    return { ...refusal("busy"), detail: "Nobody answers who judges by schemas. Nothing was committed." };
  }
  // Our own component has written it: UTF-8, and JSON.
  const { schemas, refused }: ValuesAnswer = JSON.parse(decodeUtf8(reply.body) ?? "");
  if (refused === undefined)
    return {
      ...proposal,
      judgedBy: proposal.ops.map((_, index) => schemas[unjudged.indexOf(index)] ?? null),
    };
  const causes = refused.causes.map(({ at, detail }) => ({
    index: unjudged[at] ?? 0,
    revision: 0,
    etag: null,
    detail,
  }));
  return { ok: false, code: refused.code, detail: refused.detail, causes };
}

/** A question's line, and the bytes behind it; undefined where it has no line. */
export function splitQuestion(
  body: Uint8Array,
): { readonly line: readonly PutToJudge[]; readonly bytes: Uint8Array } | undefined {
  const end = lineEnd(body);
  const line = end < 0 ? undefined : decodeUtf8(body.subarray(0, end));
  return line === undefined ? undefined : { line: JSON.parse(line), bytes: body.subarray(end + 1) };
}

export function lineEnd(body: Uint8Array): number {
  return body.indexOf(10);
}
