/** The facts that only changes of reserved documents and purges are judged by. */
import type { SettingsFacts } from "../../core/commit/facts.ts";
import type { Db } from "../sqlite/driver.ts";
import { onlyOf } from "../sqlite/statement.ts";
import { settingFactsSql } from "./commit.sql.ts";

type SettingRow = [string | null, number | null, 0 | 1, number, string[], 0 | 1];

/** `encoded` are the operations as the statements take them. Throws StoreFault. */
export function readSettings(db: Db, encoded: string): SettingsFacts {
  const { bootstrapped, ops, admins } = onlyOf(db, settingFactsSql, [encoded]);
  const rows: SettingRow[] = JSON.parse(ops);
  return {
    bootstrapped: bootstrapped === 1,
    ops: rows.map(([document, firstRevision, history, keys, tokens, rules]) => ({
      document,
      firstRevision,
      history: history === 1,
      keys,
      tokens,
      rules: rules === 1,
    })),
    admins: JSON.parse(admins),
  };
}
