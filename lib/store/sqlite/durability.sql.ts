/** How a connection writes: synchronous, journal mode, file of the main database, version of SQLite. */
export const durabilityColumns = `(select synchronous from pragma_synchronous),(select journal_mode from pragma_journal_mode),
(select file from pragma_database_list where name='main'),sqlite_version()`;

export const durabilitySql = `select ${durabilityColumns}`;
