/**
 * Short ways to commit in tests: a store with a root token, and proposals from readable changes.
 */

import type { Door, Proposal, ProposedOp, Proposer } from "../lib/core/commit/proposal.ts";
import type { CommitOutcome } from "../lib/core/commit/verdict.ts";
import { VERBS } from "../lib/core/grant.ts";
import { type ParsedToken, secretDigest } from "../lib/core/token.ts";
import { commit } from "../lib/store/commit/commit.ts";
import type { Db } from "../lib/store/sqlite/driver.ts";

/** A change as a test writes it: text or bytes; `if` is a revision, 0 for absent, -1 for any. */
export interface TestChange {
  readonly op: ProposedOp["op"];
  readonly ns: string;
  readonly key: string;
  readonly value?: string | Uint8Array;
  readonly type?: string;
  readonly if?: number | null;
  readonly lineage?: string | null;
}

export interface Options {
  readonly by?: Proposer;
  readonly door?: Door;
  readonly nowMs?: number;
  readonly requestId?: string;
  readonly message?: string;
  readonly author?: string;
  /** As JSON text. */
  readonly meta?: string;
  /** Why policies may be broken. */
  readonly override?: string;
  /** The accessor of the token whose approval it rests on. */
  readonly approvedBy?: string;
}

export const rootDigest = "a".repeat(64);
export const rootToken = { kind: "token", accessor: "aaaaaaaaaaaa", digest: rootDigest } as const;
export const T0 = 1_700_000_000_000;

const encoder = new TextEncoder();

/** Proposes the changes in one commit, by the root token through the ordinary door unless told otherwise. */
export function propose(db: Db, changes: readonly TestChange[], options: Options = {}): CommitOutcome {
  return commit(db, proposalOf(changes, options), { accept: "anything" });
}

/** The proposal of readable changes. */
export function proposalOf(changes: readonly TestChange[], options: Options = {}): Proposal {
  const pieces: Uint8Array[] = [];
  let at = 0;
  const ops = changes.map((change): ProposedOp => {
    const bytes =
      typeof change.value === "string" ? encoder.encode(change.value) : (change.value ?? new Uint8Array());
    const put = change.op === "put";
    const op = {
      op: change.op,
      namespace: change.ns,
      key: change.key,
      mediaType: put ? (change.type ?? "text/plain") : null,
      ifRevision: change.if === undefined ? null : change.if,
      ifLineage: change.lineage ?? null,
      at: put ? at : 0,
      size: put ? bytes.length : 0,
      text: typeof change.value === "string",
    };
    if (put) {
      pieces.push(bytes);
      at += bytes.length;
    }
    return op;
  });
  const body = new Uint8Array(at);
  let offset = 0;
  for (const piece of pieces) {
    body.set(piece, offset);
    offset += piece.length;
  }
  return {
    proposer: options.by ?? rootToken,
    door: options.door ?? "write",
    nowMs: options.nowMs ?? T0,
    requestId: options.requestId ?? null,
    message: options.message ?? null,
    author: options.author ?? null,
    meta: options.meta ?? null,
    trace: null,
    ops,
    body,
    ...(options.override === undefined ? {} : { override: options.override }),
    ...(options.approvedBy === undefined ? {} : { approvedBy: options.approvedBy }),
  };
}

/** A token document as a commit takes it; `grants` default to everything on `*`. */
export function tokenDocument(over: Record<string, unknown> = {}): string {
  return JSON.stringify({
    name: "test",
    digest: rootDigest,
    grants: [{ verbs: VERBS, namespace: "*", scope: "" }],
    expiresMs: null,
    createdMs: T0,
    creator: "_bootstrap",
    revokedMs: null,
    ...over,
  });
}

/** Puts a document of a reserved namespace through the admin door. */
export function putReserved(
  db: Db,
  ns: "_system" | "_auth",
  key: string,
  value: string,
  options: Options = {},
) {
  return propose(db, [{ op: "put", ns, key, value, type: "application/json", if: -1 }], {
    door: "admin",
    ...options,
  });
}

/** A token whose parts are one letter each. */
export function tokenOf(letter: string): ParsedToken {
  return { accessor: letter.repeat(12), secret: letter.repeat(43) };
}

/** Has the root token make this one, with verbs for all there is unless `place` says less. */
export function giveToken(
  db: Db,
  { accessor, secret }: ParsedToken,
  verbs: readonly string[],
  place: { readonly namespace: string; readonly scope: string } = { namespace: "*", scope: "" },
): void {
  const grants = [{ verbs, ...place }];
  const document = tokenDocument({ digest: secretDigest(secret), grants, creator: rootToken.accessor });
  const made = putReserved(db, "_auth", `token/${accessor}`, document);
  if (!made.ok) throw new Error(`token ${accessor}: ${made.code}`);
}

export function bootstrap(db: Db): void {
  const made = putReserved(db, "_auth", "token/aaaaaaaaaaaa", tokenDocument(), {
    by: { kind: "reserved", actor: "_bootstrap" },
  });
  if (!made.ok) throw new Error(`bootstrap: ${made.code}`);
}

export function addNamespace(db: Db, name: string, settings: Record<string, unknown> = {}): void {
  const made = putReserved(db, "_system", `namespace/${name}`, JSON.stringify(settings));
  if (!made.ok) throw new Error(`namespace ${name}: ${made.code}`);
}

/** Sets the policy of a scope; without one, of the whole namespace. */
export function addPolicy(db: Db, ns: string, policy: Record<string, unknown>, scope = ""): void {
  const made = putReserved(db, "_system", `policy/${ns}/${scope}`, JSON.stringify(policy));
  if (!made.ok) throw new Error(`policy ${ns} ${scope}: ${made.code}`);
}

/** The accessor for a number: 12 characters of lower-case base32. */
export function accessorOf(n: number): string {
  return String.fromCharCode(97 + (n % 26)).repeat(12);
}
