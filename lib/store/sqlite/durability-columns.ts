/**
 * How a connection writes: synchronous, journal mode, file of the main database, version of SQLite, whether a libSQL
 * server holds it. Only such a server has that function; the list is looked at for WAL alone, since it is long.
 */
import { integerColumn, orNull, textColumn } from "./statement-build.ts";

export const durabilityText = `(select synchronous from pragma_synchronous),(select journal_mode from pragma_journal_mode),
(select file from pragma_database_list where name='main'),sqlite_version(),
iif((select journal_mode from pragma_journal_mode)='wal',
exists (select 1 from pragma_function_list where name='libsql_server_database_name'),0)`;

/** Null where the server does not say. */
export const durabilityColumns = {
  synchronous: orNull(integerColumn),
  journal: orNull(textColumn),
  file: orNull(textColumn),
  sqlite: orNull(textColumn),
  onServer: integerColumn,
};
