/** The statement over the tokens of a store that was restored. */
import { statement, textColumn } from "../sqlite/statement-build.ts";
import { entry } from "../tables.ts";

export const tokensSql = statement(
  { key: entry.key, json: textColumn },
  "select key, cast(value as text) from entry where namespace='_auth' and key glob 'token/*' order by key",
);
