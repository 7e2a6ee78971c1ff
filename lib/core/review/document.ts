/**
 * A proposal under review, as the document `proposal/<id>` of `_system`: who wants what, the digest of the plan that a
 * second person approves, and who has approved it where it is not applied yet. The content is the very text that was sent, at the
 * end, so that no number of it is written anew.
 */
import { isObject } from "../json-object.ts";

export const PROPOSAL = "proposal/";
/** As it is sent. */
export const PROPOSAL_BYTES_MAX = 524_288;
/** Open ones of the whole store. */
export const PROPOSALS_MAX = 200;
/** What becomes of one: then the document is gone, and history tells. */
export const DECISIONS = ["applied", "rejected", "withdrawn"] as const;
/** Which of them are asked for. */
export const PROPOSAL_STATES = ["open", "decided", ...DECISIONS] as const;
export type Decision = (typeof DECISIONS)[number];
export const PROPOSAL_PATTERN = "^[a-z2-7]{12}$";

/** Somebody by the token that they did it with. */
export interface Person {
  /** Its accessor, and its name then. */
  readonly by: string;
  readonly byName: string;
}

/** A second person's word that it may be applied, by whoever may write its keys. */
export interface Approval extends Person {
  /** RFC 3339. */
  readonly at: string;
}

export interface ProposalHead extends Person {
  /** RFC 3339. */
  readonly created: string;
  readonly planDigest: string;
  readonly approved?: Approval | undefined;
}

const CONTENT = ',"commit":';

/** `content` is the body of a commit, as JSON text. */
export function formatProposal(
  { by, byName, created, planDigest, approved }: ProposalHead,
  content: string,
): string {
  const head = JSON.stringify({ by, byName, created, planDigest, approved });
  return `${head.slice(0, -1)}${CONTENT}${content}}`;
}

/** Undefined for what is no such document. */
export function parseProposal(json: string): (ProposalHead & { readonly content: string }) | undefined {
  // A quotation mark inside a string is escaped, so the first such text is the member.
  const at = json.indexOf(CONTENT);
  if (at < 0) return undefined;
  const head: unknown = JSON.parse(`${json.slice(0, at)}}`);
  return isHead(head) ? { ...head, content: json.slice(at + CONTENT.length, -1) } : undefined;
}

function isHead(head: unknown): head is ProposalHead {
  if (!isObject(head)) return false;
  const { by, byName, created, planDigest, approved } = head;
  return areTexts([by, byName, created, planDigest]) && (approved === undefined || isApproval(approved));
}

function isApproval(approved: unknown): boolean {
  return isObject(approved) && areTexts([approved.by, approved.byName, approved.at]);
}

function areTexts(values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === "string");
}
