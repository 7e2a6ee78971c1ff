/** Reading the facts that a proposal is judged by: one statement, one more for settings, one more for a repeat. */

import type { Facts, NamespaceFacts, PolicyFacts, SaidFacts, StoreFacts } from "../../core/commit/facts.ts";
import { actorOf, type PlannedState, type Proposal, type ProposedOp } from "../../core/commit/proposal.ts";
import type { Policy } from "../../core/policy.ts";
import { remembering } from "../../core/remembering.ts";
import { parseNamespaceSettings } from "../../core/settings.ts";
import type { Db, SqlValue } from "../sqlite/driver.ts";
import { type Durability, durabilityFromRow } from "../sqlite/durability.ts";
import { firstOf, onlyOf } from "../sqlite/statement.ts";
import {
  approverSql,
  factsSql,
  type memberFactsSql,
  type oneFactsSql,
  planStateSql,
  saidSql,
} from "./commit.sql.ts";
import { readSettings } from "./setting-facts.ts";

export interface Gathered {
  readonly facts: Facts;
  /** How the connection that gathered them writes. */
  readonly durability: Durability;
  /** When the bucket was last looked at: by the exporter, and for a write. In milliseconds since 1970. */
  readonly looksMs: readonly number[];
}

/** What a group has asked of its connection, so that its members do not ask again, and their statements. */
export interface Known {
  readonly durability: Durability;
  readonly memberFactsSql: typeof memberFactsSql;
  /** For members of one operation. */
  readonly oneFactsSql: typeof oneFactsSql;
  readonly insertChangeSql: string;
}

/** The operations as the statements take them. */
export function encodeOps(ops: readonly ProposedOp[]): string {
  return JSON.stringify(
    ops.map(({ op, namespace, key, mediaType, at, size, text }) => [
      op,
      namespace,
      key,
      mediaType,
      at,
      size,
      text ? 1 : 0,
    ]),
  );
}

/** The facts about a proposal now; of a commit, read under its lock. `ops` is the proposal's, encoded. */
export function gatherFacts(db: Db, proposal: Proposal, ops: string): Gathered {
  const row = onlyOf(db, factsSql, factsParameters(proposal, ops));
  return {
    facts: factsFromRow(db, row, { proposal, ops }),
    durability: durabilityFromRow(row),
    looksMs: parse<number[]>(row.looks),
  };
}

/** The same for a plan, outside a transaction; `statement` is `memberFactsSql`. */
export function gatherPlanFacts(db: Db, encoded: Encoded, statement: typeof memberFactsSql): Facts {
  return factsFromRow(db, onlyOf(db, statement, factsParameters(encoded.proposal, encoded.ops)), encoded);
}

/** What stands at the keys of operations, and the revision of the rules of their namespaces. Throws StoreFault. */
export function readPlanState(db: Db, ops: string): Omit<PlannedState, "holds"> {
  const { bases, ...state } = onlyOf(db, planStateSql, [ops]);
  return { bases: parse<number[]>(bases), ...state };
}

/** The operation of a proposal that has no other. */
export function onlyOpOf({ ops: [op, ...others] }: Proposal): ProposedOp | undefined {
  return others.length === 0 ? op : undefined;
}

/** The value of a put; nothing for other operations. */
export function bytesOf({ body }: Proposal, { at, size }: ProposedOp): Uint8Array {
  return body.subarray(at, at + size);
}

/** As memberFactsSql takes them. */
export function factsParameters(proposal: Proposal, ops: string): SqlValue[] {
  return [...whoParameters(proposal), ops, proposal.body];
}

/** The first of them: who proposes, and by which request. */
export function whoParameters(proposal: Proposal): SqlValue[] {
  const { proposer, requestId } = proposal;
  return [proposer.kind === "token" ? proposer.accessor : null, actorOf(proposal), requestId];
}

/** A proposal, and its operations as the statements take them. */
export interface Encoded {
  readonly proposal: Proposal;
  readonly ops: string;
}

export function factsFromRow(db: Db, row: FactsRow, encoded: Encoded): Facts {
  return {
    ...sharedFacts(db, row, encoded),
    namespaces: new Map(
      parse<[string, string | null, number, number, string][]>(row.namespaces).map(
        ([name, document, keys, bytes, policies]) => [
          name,
          namespaceFacts(document, { keys, bytes }, policies),
        ],
      ),
    ),
    ops: parse<[number | null, string | null, number | null, 0 | 1 | null, string | null, string | null][]>(
      row.ops,
    ).map(([revision, lineage, size, same, short, schemas]) => ({
      revision: revision ?? 0,
      lineage,
      size: size ?? 0,
      same: same === 1,
      short,
      schemas,
    })),
  };
}

const settingsOf = remembering((document) => parseNamespaceSettings(document) ?? {});

/** Their shapes were judged with the commits that wrote them. */
const policiesOf = remembering((rows): readonly PolicyFacts[] =>
  parse<[scope: string, json: string][]>(rows).map(([scope, json]) => ({
    scope,
    policy: parse<Policy>(json),
  })),
);
const NONE: readonly PolicyFacts[] = [];

export function namespaceFacts(
  document: string | null,
  { keys, bytes }: { readonly keys: number; readonly bytes: number },
  policies: string,
): NamespaceFacts {
  const settings = document === null ? null : settingsOf(document);
  return { settings, keys, bytes, policies: policies === "[]" ? NONE : policiesOf(policies) };
}

/** What does not depend on how many operations there are. */
export function sharedFacts(
  db: Db,
  row: SharedRow,
  { proposal, ops }: Encoded,
): Omit<Facts, "namespaces" | "ops"> {
  const { proposer, requestId, body, door, planned, comparedAt, approvedBy } = proposal;
  const state = planned === undefined ? undefined : readPlanState(db, ops);
  return {
    store: storeFromRow(row),
    mode: row.mode,
    token: row.token,
    said: row.repeated === 1 ? readSaid(db, [actorOf(proposal), requestId, ops, body]) : null,
    settings: door === "admin" || proposer.kind === "reserved" ? readSettings(db, ops, comparedAt) : null,
    rules: state?.rules ?? null,
    made: state?.made ?? null,
    approver: approvedBy === undefined ? null : (firstOf(db, approverSql, [approvedBy])?.json ?? null),
  };
}

type SharedRow = Omit<FactsRow, "namespaces" | "ops">;
type FactsRow = NonNullable<(typeof memberFactsSql)["row"]>;

function storeFromRow(row: SharedRow): StoreFacts {
  const { lineage, revision, state, pendingLineage, pendingEpoch, pendingFirst } = row;
  return {
    lineage,
    revision,
    state,
    pending:
      pendingLineage === null
        ? null
        : { lineage: pendingLineage, epoch: Number(pendingEpoch), firstRevision: Number(pendingFirst) },
  };
}

type SaidOpRow = [0 | 1 | null, number, string | null, 0 | 1 | null, 0 | 1 | null];

function readSaid(db: Db, params: readonly SqlValue[]): SaidFacts {
  const { rest, ops, ...said } = onlyOf(db, saidSql, params);
  return {
    ...said,
    rest: rest === null ? null : parse<[string, string, string][]>(rest),
    ops: parse<SaidOpRow[]>(ops).map(([changed, revision, lineage, created, same]) => ({
      changed: changed === 1,
      revision,
      lineage,
      created: created === 1,
      same: same === 1,
    })),
  };
}

/** What our own statements made of JSON; its shape stands beside them. */
function parse<T>(json: string): T {
  return JSON.parse(json);
}
