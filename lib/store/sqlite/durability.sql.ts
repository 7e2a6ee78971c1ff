/**
 * How the connection writes: (synchronous, journal mode, file of the main database, version of SQLite, whether a libSQL
 * server holds it). Only such a server has that function; the list is looked at for WAL alone, since it is long.
 */
export const durabilitySql = `select (select synchronous from pragma_synchronous),j.journal_mode,
(select file from pragma_database_list where name='main'),sqlite_version(),
iif(j.journal_mode='wal',exists (select 1 from pragma_function_list where name='libsql_server_database_name'),0)
from pragma_journal_mode j`;
