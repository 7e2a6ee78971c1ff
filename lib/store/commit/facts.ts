/** Reading the facts that a proposal is judged by: one statement, one more for settings, one more for a repeat. */

import type { Facts, SaidFacts, SettingsFacts, StoreFacts } from "../../core/commit/facts.ts";
import { actorOf, type Proposal, type ProposedOp } from "../../core/commit/proposal.ts";
import { parseNamespaceSettings } from "../../core/settings.ts";
import type { Db, SqlValue } from "../sqlite/driver.ts";
import { type Durability, durabilityFromRow } from "../sqlite/durability.ts";
import { onlyOf } from "../sqlite/statement.ts";
import { factsSql, type memberFactsSql, saidSql, settingFactsSql } from "./commit.sql.ts";

export interface Gathered {
  readonly facts: Facts;
  /** How the connection that gathered them writes. */
  readonly durability: Durability;
  /** When the bucket was last looked at: by the exporter, and for a write. In milliseconds since 1970. */
  readonly looksMs: readonly number[];
}

/** What a group has asked of its connection, so that its members do not ask again, and their statement. */
export interface Known {
  readonly durability: Durability;
  readonly memberFactsSql: typeof memberFactsSql;
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

/** The same for a member of a group. Nobody has looked at the bucket for it. */
export function gatherMemberFacts(db: Db, proposal: Proposal, ops: string, known: Known): Gathered {
  const row = onlyOf(db, known.memberFactsSql, factsParameters(proposal, ops));
  return { facts: factsFromRow(db, row, { proposal, ops }), durability: known.durability, looksMs: [] };
}

function factsParameters(proposal: Proposal, ops: string): SqlValue[] {
  const { proposer, requestId, body } = proposal;
  const accessor = proposer.kind === "token" ? proposer.accessor : null;
  return [accessor, actorOf(proposal), requestId, ops, body];
}

function factsFromRow(
  db: Db,
  row: FactsRow,
  { proposal, ops }: { readonly proposal: Proposal; readonly ops: string },
): Facts {
  const { proposer, requestId, body, door } = proposal;
  return {
    store: storeFromRow(row),
    mode: row.mode,
    token: row.token,
    namespaces: new Map(
      parse<[string, string | null, number, number][]>(row.namespaces).map(
        ([name, document, keys, bytes]) => [
          name,
          { settings: document === null ? null : (parseNamespaceSettings(document) ?? {}), keys, bytes },
        ],
      ),
    ),
    ops: parse<[number | null, string | null, number | null, 0 | 1 | null][]>(row.ops).map(
      ([revision, lineage, size, same]) => ({
        revision: revision ?? 0,
        lineage,
        size: size ?? 0,
        same: same === 1,
      }),
    ),
    said: row.repeated === 1 ? readSaid(db, [actorOf(proposal), requestId, ops, body]) : null,
    settings: door === "admin" || proposer.kind === "reserved" ? readSettings(db, ops) : null,
  };
}

type FactsRow = NonNullable<(typeof memberFactsSql)["row"]>;

function storeFromRow(row: FactsRow): StoreFacts {
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

type SettingRow = [string | null, number | null, 0 | 1, number, string[]];

function readSettings(db: Db, ops: string): SettingsFacts {
  const row = onlyOf(db, settingFactsSql, [ops]);
  return {
    bootstrapped: row.bootstrapped === 1,
    ops: parse<SettingRow[]>(row.ops).map(([document, firstRevision, history, keys, tokens]) => ({
      document,
      firstRevision,
      history: history === 1,
      keys,
      tokens,
    })),
    admins: parse<string[]>(row.admins),
  };
}

/** What our own statements made of JSON; its shape stands beside them. */
function parse<T>(json: string): T {
  return JSON.parse(json);
}
