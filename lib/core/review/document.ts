/**
 * A proposal under review, as the document `proposal/<id>` of `_system`: who wants what, and the digest of the plan that a
 * second person approves. The content is the very text that was sent, at the end, so that no number of it is written anew.
 */
import { isObject } from "../json-object.ts";

export const PROPOSAL = "proposal/";
/** As it is sent. */
export const PROPOSAL_BYTES_MAX = 524_288;
/** Open ones of the whole store. */
export const PROPOSALS_MAX = 200;
export const PROPOSAL_PATTERN = "^[a-z2-7]{12}$";

export interface ProposalHead {
  /** The accessor of the token, and its name then. */
  readonly by: string;
  readonly byName: string;
  /** RFC 3339. */
  readonly created: string;
  readonly planDigest: string;
}

const CONTENT = ',"commit":';

/** `content` is the body of a commit, as JSON text. */
export function formatProposal({ by, byName, created, planDigest }: ProposalHead, content: string): string {
  return `${JSON.stringify({ by, byName, created, planDigest }).slice(0, -1)}${CONTENT}${content}}`;
}

/** Undefined for what is no such document. */
export function parseProposal(json: string): (ProposalHead & { readonly content: string }) | undefined {
  // A quotation mark inside a string is escaped, so the first such text is the member.
  const at = json.indexOf(CONTENT);
  if (at < 0) return undefined;
  const head: unknown = JSON.parse(`${json.slice(0, at)}}`);
  if (!isObject(head)) return undefined;
  const { by, byName, created, planDigest } = head;
  const texts = [by, byName, created, planDigest];
  if (!texts.every((text) => typeof text === "string")) return undefined;
  return {
    by: String(by),
    byName: String(byName),
    created: String(created),
    planDigest: String(planDigest),
    content: json.slice(at + CONTENT.length, -1),
  };
}
