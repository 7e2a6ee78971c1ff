/** The newest rollout of each channel, counted by state, for the metrics. */
import { ROLLOUT_STATES, type RolloutState } from "../../core/rollout/documents.ts";
import type { Db } from "../sqlite/driver.ts";
import { rowsOf } from "../sqlite/statement.ts";
import { rolloutStatesSql } from "./rollouts.sql.ts";

/** A tick comes each minute. Who has not looked this long after the end of a bake does not look at all. */
const OVERDUE_MS = 300_000;

export interface RolloutCounts {
  /** Every state is there, also with 0. */
  readonly states: ReadonlyMap<RolloutState, number>;
  /** Running, and nobody looked when the bake of their step was over. */
  readonly overdue: number;
}

/** Throws StoreFault. */
export function countRollouts(db: Db, nowMs: number): RolloutCounts {
  const rows = rowsOf(db, rolloutStatesSql, [nowMs - OVERDUE_MS]);
  const states = new Map(
    ROLLOUT_STATES.map((state) => [state, rows.find((row) => row.state === state)?.count ?? 0]),
  );
  return { states, overdue: rows.reduce((sum, { overdue }) => sum + overdue, 0) };
}
