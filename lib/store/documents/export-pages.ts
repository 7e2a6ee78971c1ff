/**
 * Pages of history for export: segments by revision, a base by key, canonical lines of the state for the
 * digest. Promise: everything is pinned to a revision, so that commits made meanwhile change nothing; a page
 * stays near its limit of bytes; lines are made by SQLite, whose JSON text equals JSON.stringify's.
 */
import type { Db, SqlRow } from "../sqlite/driver.ts";

/** JSON text for a change; null where the value is not text and the caller has to encode it. */
const CHANGE_MEMBERS = "'namespace',c.namespace,'key',c.key,";
const CHANGE_JSON = `case when c.op='put' and c.text=1 then json_object('op','put',${CHANGE_MEMBERS}'mediaType',c.media_type,'text',cast(c.value as text))
  when c.op='delete' then json_object('op','delete',${CHANGE_MEMBERS.slice(0, -1)})
  when c.op='erase' then json_object('op','erase',${CHANGE_MEMBERS}'mediaType',c.media_type) end`;

const COMMIT_MEMBERS = `'revision',m.revision,'id',m.id,'time',m.time_ms,'actor',m.actor,'author',m.author,
  'requestId',m.request_id,'message',m.message,'meta',m.meta,'trace',m.trace,'count',m.changes,'rest',m.rest`;

/** The newest commit at or below a revision: what a snapshot calls its tip. */
export function findTip(db: Db, revision: number): { revision: number; id: string } | undefined {
  const [row] = db.all(
    "select revision, id from commits where revision <= ?1 order by revision desc limit 1",
    [revision],
  );
  return row === undefined ? undefined : { revision: Number(row[0]), id: String(row[1]) };
}

/** The id of exactly that commit. */
export function findCommitId(db: Db, revision: number): string | undefined {
  const [row] = db.all("select id from commits where revision = ?1", [revision]);
  return row === undefined ? undefined : String(row[0]);
}

/**
 * Where a segment that begins after `after` ends: the last commit that keeps it within `maxBytes`, but always
 * at least one. Index: commits' primary key, change_by_revision.
 */
export function findSegmentEnd(
  db: Db,
  { after, upTo, maxBytes }: { after: number; upTo: number; maxBytes: number },
): { revision: number; commits: number } | undefined {
  const [row] = db.all(
    `select revision, n from (
      select revision, n, sum(bytes) over (order by revision rows unbounded preceding) as total from (
        select m.revision, row_number() over (order by m.revision) as n, 300 + 2*coalesce(octet_length(m.message),0) + 2*coalesce(octet_length(m.rest),0)
          + coalesce((select sum(160 + octet_length(c.key) + case c.text when 1 then 1.1 else 1.4 end * coalesce(octet_length(c.value),0))
            from change c indexed by change_by_revision where c.revision=m.revision),0) as bytes
        from commits m where m.revision>?1 and m.revision<=?2 order by m.revision limit 20000))
    where total<=?3 or n=1 order by revision desc limit 1`,
    [after, upTo, maxBytes],
  );
  return row === undefined ? undefined : { revision: Number(row[0]), commits: Number(row[1]) };
}

/** What a range of commits touches, and whether a value in it is not text. */
export function readRangeFacts(
  db: Db,
  { after, upTo }: { after: number; upTo: number },
): { namespaces: string[]; auth: boolean; binary: boolean; authBinary: boolean } {
  const rows = db.all(
    `select namespace, max(text=0 and op='put') from change indexed by change_by_revision
     where revision>?1 and revision<=?2 group by namespace order by namespace`,
    [after, upTo],
  );
  const plain = rows.filter(([namespace]) => namespace !== "_auth");
  return {
    namespaces: plain.map(([namespace]) => String(namespace)),
    auth: plain.length < rows.length,
    binary: plain.some(([, binary]) => binary === 1),
    authBinary: rows.some(([namespace, binary]) => namespace === "_auth" && binary === 1),
  };
}

/** The segment's lines as one text in bytes: commits in order, changes but those of `_auth`. */
export function readSegmentText(db: Db, { after, upTo }: { after: number; upTo: number }): Uint8Array {
  return textOf(
    db.all(
      `select cast(group_concat(line, char(10)) as blob) from (
        select json_object(${COMMIT_MEMBERS},'changes',json(coalesce((select json_group_array(json(j)) from (
          select ${CHANGE_JSON} as j from change c indexed by change_by_revision
          where c.revision=m.revision and c.namespace<>'_auth' order by c.namespace, c.key)),'[]'))) as line
        from commits m where m.revision>?1 and m.revision<=?2 order by m.revision limit -1)`,
      [after, upTo],
    ),
  );
}

/** The same for what happened in `_auth`: `{revision, changes}`, only commits that touched it. */
export function readAuthSegmentText(db: Db, { after, upTo }: { after: number; upTo: number }): Uint8Array {
  return textOf(
    db.all(
      `select cast(group_concat(line, char(10)) as blob) from (
        select json_object('revision',revision,'changes',json(json_group_array(json(j)))) as line from (
          select c.revision, ${CHANGE_JSON} as j from change c indexed by change_by_revision
          where c.revision>?1 and c.revision<=?2 and c.namespace='_auth' order by c.revision, c.key limit -1)
        group by revision order by revision limit -1)`,
      [after, upTo],
    ),
  );
}

/** A commit's facts as the JSON object of a line, and its revision. */
export function listCommitJson(
  db: Db,
  { after, upTo }: { after: number; upTo: number },
): { revision: number; json: string }[] {
  return db
    .all(
      `select m.revision, json_object(${COMMIT_MEMBERS}) from commits m where m.revision>?1 and m.revision<=?2 order by m.revision`,
      [after, upTo],
    )
    .map(([revision, json]) => ({ revision: Number(revision), json: String(json) }));
}

/** A change whose line the caller makes: `json` if SQLite could, otherwise what is needed for base64. */
export interface RawChange {
  readonly revision: number;
  readonly namespace: string;
  readonly key: string;
  readonly json: string | null;
  readonly mediaType: string | null;
  readonly value: Uint8Array | null;
}

/** The changes of a range one by one, for segments that hold bytes which are not text. */
export function listRawChanges(
  db: Db,
  { after, upTo, auth }: { after: number; upTo: number; auth: boolean },
): RawChange[] {
  return db
    .all(
      `select c.revision, c.namespace, c.key, ${CHANGE_JSON}, c.media_type, case when c.op='put' and c.text=0 then c.value end
       from change c indexed by change_by_revision
       where c.revision>?1 and c.revision<=?2 and (c.namespace='_auth')=?3 order by c.revision, c.namespace, c.key`,
      [after, upTo, auth ? 1 : 0],
    )
    .map((row) => ({
      revision: Number(row[0]),
      namespace: String(row[1]),
      key: String(row[2]),
      json: textOrNull(row[3]),
      mediaType: textOrNull(row[4]),
      value: bytesOrNull(row[5]),
    }));
}

export interface CommitLines {
  readonly text: Uint8Array;
  readonly lines: number;
  readonly last: number;
}

/** A base's commits after a revision, as lines. Undefined at the end. */
export function readCommitsPage(
  db: Db,
  { after, upTo, maxBytes }: { after: number; upTo: number; maxBytes: number },
): CommitLines | undefined {
  const [row] = db.all(
    `select cast(group_concat(line, char(10)) as blob), count(*), max(revision) from (
      select revision, line from (select revision, line, sum(octet_length(line)+1) over (order by revision rows unbounded preceding) as total,
          row_number() over (order by revision) as n from (
        select m.revision, json_object(${COMMIT_MEMBERS}) as line from commits m
        where m.revision>?1 and m.revision<=?2 order by m.revision limit 8000))
      where total<=?3 or n=1 order by revision limit -1)`,
    [after, upTo, maxBytes],
  );
  if (row === undefined || row[1] === 0) return undefined;
  return { text: textOf([row]), lines: Number(row[1]), last: Number(row[2]) };
}

/** Where a page of a base begins: after this change, in order of namespace, key, revision. */
export interface EntryPlace {
  readonly namespace: string;
  readonly key: string;
  readonly revision: number;
}

export interface DocumentsPage {
  readonly first: EntryPlace;
  readonly last: EntryPlace;
  readonly lines: number;
  readonly binary: boolean;
  readonly namespaces: readonly string[];
}

/** The next page of changes at or below `upTo`: its ends and what it holds. Undefined when none is left. */
export function findDocumentsPage(
  db: Db,
  { after, upTo, auth, maxBytes }: { after: EntryPlace; upTo: number; auth: boolean; maxBytes: number },
): DocumentsPage | undefined {
  const [row] = db.all(
    `select first_namespace, first_key, first_revision, namespace, key, revision, max(n), sum(binary),
      json_group_array(distinct namespace) from (
      select namespace, key, revision, row_number() over w as n, text=0 and op='put' as binary,
        first_value(namespace) over w as first_namespace, first_value(key) over w as first_key,
        first_value(revision) over w as first_revision,
        sum(190 + octet_length(key) + case text when 1 then 1.1 else 1.4 end * coalesce(size,0)) over w as total
      from (select namespace, key, revision, op, text, octet_length(value) as size from change
        where (namespace, key, revision)>(?1, ?2, ?3) and revision<=?4 and (namespace='_auth')=?5
        order by namespace, key, revision limit 4000)
      window w as (order by namespace, key, revision rows unbounded preceding))
    where total<=?6 or n=1`,
    [after.namespace, after.key, after.revision, upTo, auth ? 1 : 0, maxBytes],
  );
  if (row === undefined || row[6] === null) return undefined;
  return {
    first: placeFromRow(row.slice(0, 3)),
    last: placeFromRow(row.slice(3, 6)),
    lines: Number(row[6]),
    binary: Number(row[7]) > 0,
    namespaces: namesFromJson(String(row[8])),
  };
}

/** The change that is the document at ?upTo: nothing newer of its key at or below it, and a put. */
const IS_NEWEST = `c.op='put' and not exists (select 1 from change x where x.namespace=c.namespace and x.key=c.key
  and x.revision>c.revision and x.revision<=?UP)`;
/** The last time at or below ?UP that the key was not a document, or 0: where its present life began. */
const LIFE_START = `coalesce((select max(x.revision) from change x where x.namespace=c.namespace and x.key=c.key
  and x.op<>'put' and x.revision<=?UP),0)`;
/**
 * When the document was created and how many versions it has had, at ?UP. Usually the entry says so. Where the
 * key moved on since, the entry of the same life is counted back; where that life has ended, the changes are
 * counted, which is exact unless compaction has taken some of them.
 */
const CREATED = `case when e.revision=c.revision or e.created_revision<=c.revision then e.created_revision else
  (select min(x.revision) from change x where x.namespace=c.namespace and x.key=c.key and x.op='put' and x.revision>${LIFE_START}) end`;
const VERSION = `case when e.revision=c.revision then e.version when e.created_revision<=c.revision then e.version -
  (select count(*) from change x where x.namespace=c.namespace and x.key=c.key and x.op='put' and x.revision>?UP) else
  (select count(*) from change x where x.namespace=c.namespace and x.key=c.key and x.op='put' and x.revision>${LIFE_START} and x.revision<=?UP) end`;

/** Head of every statement over a page: the changes between two places, with their entries and ages. */
function agedChanges(columns: string): string {
  const text = `select c.namespace, c.key, c.revision, c.op, c.media_type, c.text, c.value,
      case when newest then ${CREATED} end as created, case when newest then ${VERSION} end as version
    from (select c.*, ${IS_NEWEST} as newest from change c
      where (c.namespace, c.key, c.revision)>=(?1, ?2, ?3) and (c.namespace, c.key, c.revision)<=(?4, ?5, ?6)
        and c.revision<=?7 and (c.namespace='_auth')=?8 order by c.namespace, c.key, c.revision limit -1) c
    left join entry e on e.namespace=c.namespace and e.key=c.key
    order by c.namespace, c.key, c.revision limit -1`;
  return `select ${columns} from (${text.replaceAll("?UP", "?7")}) c`;
}

const BASE_MEMBERS = "'namespace',c.namespace,'key',c.key,'revision',c.revision,'op',c.op";
const BASE_CHANGE_JSON = `case when c.op='delete' then json_object(${BASE_MEMBERS})
  when c.op='erase' then json_object(${BASE_MEMBERS},'mediaType',c.media_type)
  when c.text=0 then null
  when c.version is null then json_object(${BASE_MEMBERS},'mediaType',c.media_type,'text',cast(c.value as text))
  else json_object(${BASE_MEMBERS},'created',c.created,'version',c.version,'mediaType',c.media_type,'text',cast(c.value as text)) end`;

interface PageRange {
  readonly first: EntryPlace;
  readonly last: EntryPlace;
  readonly upTo: number;
  readonly auth: boolean;
}

function pageParams({ first, last, upTo, auth }: PageRange): (string | number)[] {
  return [
    first.namespace,
    first.key,
    first.revision,
    last.namespace,
    last.key,
    last.revision,
    upTo,
    auth ? 1 : 0,
  ];
}

/** A page of a base without binary values, as lines. Index: change's unique one, entry's unique one. */
export function readDocumentsText(db: Db, range: PageRange): Uint8Array {
  const columns = `cast(group_concat(${BASE_CHANGE_JSON}, char(10)) as blob)`;
  return textOf(db.all(agedChanges(columns), pageParams(range)));
}

export interface RawDocument extends RawChange {
  readonly created: number | null;
  readonly version: number | null;
}

/** The changes of a page one by one, for pages with values that are not text. */
export function listRawDocuments(db: Db, range: PageRange): RawDocument[] {
  const columns = `c.revision, c.namespace, c.key, ${BASE_CHANGE_JSON}, c.media_type,
    case when c.op='put' and c.text=0 then c.value end, c.created, c.version`;
  return db.all(agedChanges(columns), pageParams(range)).map((row) => ({
    revision: Number(row[0]),
    namespace: String(row[1]),
    key: String(row[2]),
    json: textOrNull(row[3]),
    mediaType: textOrNull(row[4]),
    value: bytesOrNull(row[5]),
    created: numberOrNull(row[6]),
    version: numberOrNull(row[7]),
  }));
}

/** Every namespace that anything happened in at or below a revision, and its compaction mark. */
export function listNamespaceSizes(db: Db, upTo: number): { namespace: string; compacted: number }[] {
  return db
    .all(
      `select u.namespace, u.compacted from usage u where u.compacted>0 or exists
        (select 1 from change c where c.namespace=u.namespace and c.revision<=?1) order by u.namespace`,
      [upTo],
    )
    .map(([namespace, compacted]) => ({ namespace: String(namespace), compacted: Number(compacted) }));
}

/** A revision from which on every namespace can be read: the highest compaction mark. */
export function readHistoryStart(db: Db): number {
  return Number(db.all("select coalesce(max(compacted),0) from usage")[0]?.[0] ?? 0);
}

/** Bytes of all values and keys now, to judge what a digest or a base would cost. */
export function readStoreBytes(db: Db): number {
  return Number(db.all("select coalesce(sum(bytes + 200*keys),0) from usage")[0]?.[0] ?? 0);
}

/** The ancestry as rows: oldest first, this lineage last. */
export function listAncestry(db: Db): {
  epoch: number;
  lineage: string;
  firstRevision: number;
  parent: string | null;
  parentRevision: number | null;
}[] {
  return db
    .all("select epoch, lineage, first_revision, parent, parent_revision from lineage order by epoch")
    .map((row) => ({
      epoch: Number(row[0]),
      lineage: String(row[1]),
      firstRevision: Number(row[2]),
      parent: textOrNull(row[3]),
      parentRevision: numberOrNull(row[4]),
    }));
}

/** The text of a page that is known to have lines: anything else would be a backup without them. */
function textOf(rows: SqlRow[]): Uint8Array {
  const value = rows[0]?.[0];
  if (!(value instanceof Uint8Array) || value.length === 0)
    throw new Error("a page of lines came back empty");
  return value;
}

function placeFromRow(row: SqlRow): EntryPlace {
  return { namespace: String(row[0]), key: String(row[1]), revision: Number(row[2]) };
}

function textOrNull(value: SqlRow[number] | undefined): string | null {
  return typeof value === "string" ? value : null;
}

function numberOrNull(value: SqlRow[number] | undefined): number | null {
  return typeof value === "number" ? value : null;
}

function bytesOrNull(value: SqlRow[number] | undefined): Uint8Array | null {
  if (value === null || value instanceof Uint8Array) return value;
  throw new Error("a value is neither bytes nor null");
}

function namesFromJson(json: string): string[] {
  const names: unknown = JSON.parse(json);
  return Array.isArray(names) ? names.map(String) : [];
}
