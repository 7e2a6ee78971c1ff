/** The facts that only changes of reserved documents and purges are judged by. */
import type { SettingsFacts } from "../../core/commit/facts.ts";
import type { Proposal } from "../../core/commit/proposal.ts";
import type { Db } from "../sqlite/driver.ts";
import { onlyOf } from "../sqlite/statement.ts";
import { movedSql, settingFactsSql } from "./commit.sql.ts";
import { readPointerFacts } from "./pointer-facts.ts";

type SettingRow = [string | null, number | null, 0 | 1, number, string[], 0 | 1, 0 | 1];

/** `encoded` are the operations as the statements take them. Throws StoreFault. */
export function readSettings(db: Db, encoded: string, comparedAt: Proposal["comparedAt"]): SettingsFacts {
  const { bootstrapped, ops, admins } = onlyOf(db, settingFactsSql, [encoded]);
  const rows: SettingRow[] = JSON.parse(ops);
  const names: [op: string, namespace: string, key: string][] = JSON.parse(encoded);
  return {
    bootstrapped: bootstrapped === 1,
    ops: rows.map(([document, firstRevision, history, keys, tokens, rules, homed]) => ({
      document,
      firstRevision,
      history: history === 1,
      keys,
      tokens,
      rules: rules === 1,
      homed: homed === 1,
    })),
    pointers: names.map((name) => readPointerFacts(db, name)),
    moved:
      comparedAt !== undefined &&
      onlyOf(db, movedSql, [comparedAt.namespace, comparedAt.revision]).moved === 1,
    admins: JSON.parse(admins),
  };
}
