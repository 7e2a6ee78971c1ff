/**
 * How a connection writes: synchronous, journal mode, file of the main database, version of SQLite, whether a libSQL
 * server holds it. Only such a server has that function; the list is long, so it is looked at only where the answer
 * matters: for WAL that is not synced, or of a SQLite that can lose commits in it (durability.ts).
 */
import { integerColumn, orNull, textColumn } from "./statement-build.ts";

/** Versions before 3.51.3, as isWalSafe has them. */
export const losesInWal = [
  "3.[0-9].*",
  "3.[0-9]",
  "3.[1-4][0-9].*",
  "3.[1-4][0-9]",
  "3.50.*",
  "3.50",
  "3.51",
  "3.51.[0-2]",
]
  .map((version) => `sqlite_version() glob '${version}'`)
  .join(" or ");

export const durabilityText = `(select synchronous from pragma_synchronous),(select journal_mode from pragma_journal_mode),
(select file from pragma_database_list where name='main'),sqlite_version(),
iif((select journal_mode from pragma_journal_mode)='wal' and ((select synchronous from pragma_synchronous)<2 or (${losesInWal})),
exists (select 1 from pragma_function_list where name='libsql_server_database_name'),0)`;

/** Null where the server does not say. */
export const durabilityColumns = {
  synchronous: orNull(integerColumn),
  journal: orNull(textColumn),
  file: orNull(textColumn),
  sqlite: orNull(textColumn),
  onServer: integerColumn,
};
