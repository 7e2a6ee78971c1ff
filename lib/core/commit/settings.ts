/**
 * What must hold of reserved documents after a change: their shape, and what refers to them. An accessor is never
 * used for another token, what is revoked stays so, nobody gives more or for longer than they hold, and one live
 * root token remains. Recovery tokens have rules of their own (recovery.ts).
 */
import { type Grant, mayGive } from "../grant.ts";
import { AUTH, isNamespaceName, isReserved } from "../namespace.ts";
import { parsePolicy, placeOfPolicy } from "../policy.ts";
import { PROPOSAL, parseProposal } from "../review/document.ts";
import { edgeOfKey, parseChannel, parseEdge, parseRollout, placeOfPointer } from "../rollout/documents.ts";
import { isSchemaText, placeOfSchema } from "../schema-key.ts";
import { parseMode, parseNamespaceSettings } from "../settings.ts";
import {
  isAccessor,
  isLive,
  isLiveRoot,
  isOfRecovery,
  parseTokenDocument,
  type TokenDocument,
} from "../token.ts";
import { decodeUtf8 } from "../utf8.ts";
import type { Facts, SettingFacts, SettingsFacts } from "./facts.ts";
import { indexesOf } from "./indexes.ts";
import { judgePointers } from "./pointers.ts";
import type { Proposal, ProposedOp, Proposer } from "./proposal.ts";
import { isOtherRecovery, judgeOneRecovery } from "./recovery.ts";
import { type CommitRefusal, refusal } from "./verdict.ts";

const NAMESPACE = "namespace/";
const TOKEN = "token/";

/**
 * Refuses `invalid_body`, `exists`, `escalation`, `namespace_not_found`, `not_empty`, `in_use`, `forbidden`, `recovery_active`,
 * and what pointers.ts does.
 */
export function judgeSettings(
  proposal: Proposal,
  { settings }: Facts,
  { token: giver }: { readonly token: TokenDocument | null },
): CommitRefusal | undefined {
  if (settings === null) return undefined;
  const { ops, nowMs } = proposal;
  const documents = ops.map((op) => documentOf(op, proposal.body));
  const malformed = indexesOf(ops, (op, index) => !isInShape(op, documents[index]));
  if (malformed.length > 0) return refusal("invalid_body", malformed);
  const tokens = documents.map((json, index) =>
    ops[index]?.namespace === AUTH && json !== undefined ? parseTokenDocument(json) : undefined,
  );
  const fact = (index: number): SettingFacts | undefined => settings.ops[index];
  const each = (code: CommitRefusal["code"], offends: (op: ProposedOp, index: number) => boolean) => {
    const indexes = indexesOf(ops, offends);
    return indexes.length === 0 ? undefined : refusal(code, indexes);
  };
  return (
    each("exists", (_, index) =>
      isAnotherToken(tokens[index], fact(index)?.document ?? null, proposal.proposer),
    ) ??
    each("forbidden", (_, index) =>
      isOtherRecovery(tokens[index], fact(index)?.document ?? null, proposal),
    ) ??
    judgeOneRecovery(proposal, settings.admins) ??
    each("escalation", (_, index) => giver !== null && givesMore(tokens[index], giver)) ??
    each("namespace_not_found", ({ op }, index) => op === "put" && fact(index)?.homed === false) ??
    judgePointers({ proposal, token: giver }, settings.pointers) ??
    each("not_empty", (op, index) => endsNamespace(op) && (fact(index)?.keys ?? 0) > 0) ??
    each("in_use", (op, index) => isNamespaceInUse(op, fact(index), nowMs)) ??
    judgeRoots(proposal, tokens, settings)
  );
}

function documentOf({ op, namespace, text, at, size }: ProposedOp, body: Uint8Array): string | undefined {
  if (op !== "put" || !isReserved(namespace) || !text) return undefined;
  return decodeUtf8(body.subarray(at, at + size));
}

function isInShape({ op, namespace, key, mediaType }: ProposedOp, json: string | undefined): boolean {
  if (!isReserved(namespace) || op === "check") return true;
  const named = key.startsWith(NAMESPACE) && isNamespaceName(key.slice(NAMESPACE.length));
  const policy = namespace === AUTH ? undefined : placeOfPolicy(key);
  const schema = namespace !== AUTH && placeOfSchema(key) !== undefined;
  const place = namespace === AUTH ? undefined : placeOfPointer(key);
  const edge = namespace !== AUTH && edgeOfKey(key) !== undefined;
  if (key.startsWith(PROPOSAL) && namespace !== AUTH)
    return op === "delete" || (op === "put" && json !== undefined && parseProposal(json) !== undefined);
  if (op === "delete")
    return (
      namespace !== AUTH &&
      (key === "mode" ||
        key.startsWith(NAMESPACE) ||
        policy !== undefined ||
        schema ||
        place !== undefined ||
        edge)
    );
  if (op !== "put" || json === undefined || mediaType !== "application/json") return false;
  if (namespace === AUTH)
    return (
      key.startsWith(TOKEN) && isAccessor(key.slice(TOKEN.length)) && parseTokenDocument(json) !== undefined
    );
  if (key === "mode") return parseMode(json) !== undefined;
  if (schema) return isSchemaText(json);
  if (place !== undefined)
    return (place.kind === "channel" ? parseChannel(json) : parseRollout(json)) !== undefined;
  if (edge) return parseEdge(json) !== undefined;
  return policy !== undefined
    ? parsePolicy(json, policy.scope) !== undefined
    : named && parseNamespaceSettings(json) !== undefined;
}

/** An accessor stands for one token for ever: rotating and revoking are all that may happen to it. */
function isAnotherToken(
  token: TokenDocument | undefined,
  stands: string | null,
  proposer: Proposer,
): boolean {
  if (token === undefined || stands === null) return false;
  const before: TokenDocument = JSON.parse(stands);
  return (
    before.revokedMs !== null ||
    JSON.stringify(before.grants) !== JSON.stringify(token.grants) ||
    before.createdMs !== token.createdMs ||
    (before.creator !== token.creator && !mayAdopt(before, token, proposer))
  );
}

/** Who gives a token another secret knows it, so the token comes from him from then on, and ends with what he gave. */
function mayAdopt(before: TokenDocument, { digest, creator }: TokenDocument, proposer: Proposer): boolean {
  const fits = proposer.kind === "reserved" || creator === proposer.accessor;
  return fits && digest !== before.digest;
}

/** Over more keys, with more verbs, or for longer than its giver. Taking a token away is never more. */
function givesMore(token: TokenDocument | undefined, giver: TokenDocument): boolean {
  if (token === undefined) return false;
  if (token.grants.some((grant: Grant) => !mayGive(giver.grants, grant))) return true;
  // A recovery token is there to make a root token that lasts.
  if (token.revokedMs !== null || giver.expiresMs === null || isOfRecovery(giver)) return false;
  return token.expiresMs === null || token.expiresMs > giver.expiresMs;
}

function endsNamespace({ op, namespace, key }: ProposedOp): boolean {
  return op === "delete" && isReserved(namespace) && key.startsWith(NAMESPACE);
}

/** A namespace goes when no policy of it and no live grant names it, and its name comes back only when no history of it is left. */
function isNamespaceInUse(op: ProposedOp, fact: SettingFacts | undefined, nowMs: number): boolean {
  if (fact === undefined || !isReserved(op.namespace) || !op.key.startsWith(NAMESPACE)) return false;
  const name = op.key.slice(NAMESPACE.length);
  if (op.op === "put") return fact.document === null && fact.history;
  if (op.op !== "delete") return false;
  if (fact.rules) return true;
  return fact.tokens.some((json) => {
    const token: TokenDocument = JSON.parse(json);
    return isLive(token, nowMs) && token.grants.some(({ namespace }) => namespace === name);
  });
}

/**
 * A live root token remains, unless revocations are applied again after a restore: those come first. A recovery token is
 * one only where no other was: who uses it makes a lasting token before he ends the one that was lost.
 */
function judgeRoots(
  { ops, proposer, nowMs }: Proposal,
  tokens: readonly (TokenDocument | undefined)[],
  { ops: stood, admins }: SettingsFacts,
): CommitRefusal | undefined {
  const named = indexesOf(ops, ({ namespace }) => namespace === AUTH);
  if (named.length === 0 || (proposer.kind === "reserved" && proposer.actor === "_restore")) return undefined;
  const isRoot = (token: TokenDocument | undefined) => token !== undefined && isLiveRoot(token, nowMs);
  const parse = (json: string | null): TokenDocument | undefined =>
    json === null ? undefined : JSON.parse(json);
  const lasts = (token: TokenDocument | undefined) => token !== undefined && !isOfRecovery(token);
  const left = [...tokens, ...admins.map(parse)].filter(isRoot);
  const takesLasting = stood.some(({ document }) => isRoot(parse(document)) && lasts(parse(document)));
  const remains = takesLasting ? left.some(lasts) : left.length > 0;
  return remains ? undefined : refusal("in_use", named);
}
