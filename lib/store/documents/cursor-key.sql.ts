/** The statement of the key that cursors are sealed with. */
import { statement, textColumn } from "../sqlite/statement-build.ts";

export const cursorKeySql = statement(
  { key: textColumn },
  "select value->>'$' from operation where name='cursor-key'",
);
