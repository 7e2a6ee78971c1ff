/**
 * How a connection writes: synchronous, journal mode, file of the main database, version of SQLite, whether a libSQL
 * server holds it. Only such a server has that function; the list is looked at for WAL alone, since it is long.
 */
export const durabilityColumns = `(select synchronous from pragma_synchronous),(select journal_mode from pragma_journal_mode),
(select file from pragma_database_list where name='main'),sqlite_version(),
iif((select journal_mode from pragma_journal_mode)='wal',
exists (select 1 from pragma_function_list where name='libsql_server_database_name'),0)`;

export const durabilitySql = `select ${durabilityColumns}`;
