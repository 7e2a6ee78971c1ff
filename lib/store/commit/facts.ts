/** Reading the facts that a proposal is judged by: one statement, one more for settings, one more for a repeat. */
import type { Facts, SaidFacts, SettingsFacts, StoreFacts } from "../../core/commit/facts.ts";
import { actorOf, type Proposal, type ProposedOp } from "../../core/commit/proposal.ts";
import { parseNamespaceSettings } from "../../core/settings.ts";
import type { Db, SqlRow, SqlValue } from "../sqlite/driver.ts";
import { type Durability, durabilityFromRow } from "../sqlite/durability.ts";
import { factsSql, saidSql, settingFactsSql } from "./commit.sql.ts";

export interface Gathered {
  readonly facts: Facts;
  /** How the connection that gathered them writes. */
  readonly durability: Durability;
}

const DURABILITY_COLUMN = 11;

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
  const { proposer, requestId, body, door } = proposal;
  const accessor = proposer.kind === "token" ? proposer.accessor : null;
  const actor = actorOf(proposal);
  const row = onlyRow(db.all(factsSql, [accessor, actor, requestId, ops, body]));
  const facts: Facts = {
    store: storeFromRow(row),
    mode: textOrNull(row[6]),
    token: textOrNull(row[7]),
    namespaces: new Map(
      parse<[string, string | null, number, number][]>(row[9]).map(([name, document, keys, bytes]) => [
        name,
        { settings: document === null ? null : (parseNamespaceSettings(document) ?? {}), keys, bytes },
      ]),
    ),
    ops: parse<[number | null, string | null, number | null, 0 | 1 | null][]>(row[10]).map(
      ([revision, lineage, size, same]) => ({
        revision: revision ?? 0,
        lineage,
        size: size ?? 0,
        same: same === 1,
      }),
    ),
    said: row[8] === 1 ? readSaid(db, [actor, requestId, ops, body]) : null,
    settings: door === "admin" || proposer.kind === "reserved" ? readSettings(db, ops) : null,
  };
  return { facts, durability: durabilityFromRow(row.slice(DURABILITY_COLUMN)) };
}

function storeFromRow(row: SqlRow): StoreFacts {
  const state = String(row[2]);
  return {
    lineage: String(row[0]),
    revision: Number(row[1]),
    state: state === "restoring" || state === "stopped" ? state : "open",
    pending:
      row[3] === null
        ? null
        : { lineage: String(row[3]), epoch: Number(row[4]), firstRevision: Number(row[5]) },
  };
}

type SaidOpRow = [0 | 1 | null, number, string | null, 0 | 1 | null, 0 | 1 | null];

function readSaid(db: Db, params: readonly SqlValue[]): SaidFacts {
  const row = onlyRow(db.all(saidSql, params));
  return {
    revision: Number(row[0]),
    lineage: String(row[1]),
    timeMs: Number(row[2]),
    changes: Number(row[3]),
    rest: row[4] === null ? null : parse<[string, string, string][]>(row[4]),
    ops: parse<SaidOpRow[]>(row[5]).map(([changed, revision, lineage, created, same]) => ({
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
  const row = onlyRow(db.all(settingFactsSql, [ops]));
  return {
    bootstrapped: row[0] === 1,
    ops: parse<SettingRow[]>(row[1]).map(([document, firstRevision, history, keys, tokens]) => ({
      document,
      firstRevision,
      history: history === 1,
      keys,
      tokens,
    })),
    admins: parse<string[]>(row[2]),
  };
}

/** What our own statements made of JSON; its shape stands beside them. */
function parse<T>(value: SqlValue | undefined): T {
  return JSON.parse(String(value));
}

function textOrNull(value: SqlValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}

function onlyRow(rows: readonly SqlRow[]): SqlRow {
  const row = rows[0];
  if (row === undefined) throw new Error("the store has no row of its own");
  return row;
}
