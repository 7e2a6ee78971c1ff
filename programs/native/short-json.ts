/**
 * What SQLite would say of a short JSON text, said here: its statements (lib/store/documents/json-text.ts) cost more than
 * the look at some hundred bytes. Promise: the same rows as SQLite's. It answers only where all is as it should be; what
 * is unusual, and all that is to be refused, is told by SQLite.
 */
import {
  cutValuesSql,
  judgeJsonSql,
  surveyItemsSql,
  surveyJsonSql,
} from "../../lib/store/documents/json-text.sql.ts";
import type { Db, SqlRow, SqlValue } from "../../lib/store/sqlite/driver.ts";
import { type JsonPlace, jsonPlaces } from "./json-places.ts";

const SHORT_BYTES = 16_384;

type Answer = (text: JsonPlace, bytes: Uint8Array, params: readonly SqlValue[]) => SqlRow[] | undefined;

const ANSWERS: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  [judgeJsonSql.sql, () => [[1, null]]],
  [surveyJsonSql.sql, survey],
  [surveyItemsSql.sql, surveyItems],
  [cutValuesSql.sql, cutValues],
]);

/** The same database, whose statements about short JSON do not reach SQLite. */
export function shortJson(db: Db): Db {
  // A body is asked about several times in turn.
  let last: { readonly bytes: Uint8Array; readonly text: JsonPlace | undefined } | undefined;
  const partsOf = (bytes: Uint8Array) => {
    if (last?.bytes !== bytes) last = { bytes, text: jsonPlaces(latin1(bytes)) };
    return last.text;
  };
  return {
    all(sql, params = []) {
      const answer = ANSWERS.get(sql);
      const [bytes] = params;
      if (answer !== undefined && bytes instanceof Uint8Array && bytes.length <= SHORT_BYTES) {
        const text = partsOf(bytes);
        const rows = text === undefined ? undefined : answer(text, bytes, params);
        if (rows !== undefined) return rows;
      }
      return db.all(sql, params);
    },
  };
}

/** One character a byte: what JSON is made of is ASCII, and a name's bytes stay together. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

function survey(
  text: JsonPlace,
  _bytes: Uint8Array,
  [, known, path]: readonly SqlValue[],
): SqlRow[] | undefined {
  if (!areKnown(text, known)) return undefined;
  if (path === null) return [[1, "[]", null]];
  const list = listAt(text, path);
  return list === undefined ? undefined : [[1, "[]", list.length]];
}

function surveyItems(
  text: JsonPlace,
  _bytes: Uint8Array,
  [, known, path]: readonly SqlValue[],
): SqlRow[] | undefined {
  return listAt(text, path)?.every((item) => areKnown(item, known)) === true ? [] : undefined;
}

/** SQLite leaves out what is between the parts, which here is nothing. */
function cutValues(text: JsonPlace, bytes: Uint8Array): SqlRow[] | undefined {
  const rows = listAt(text, "$.changes")?.map(({ members }): SqlRow | undefined => {
    const value = members?.get("value");
    if (members === undefined || value?.spaced === true) return undefined;
    return [value === undefined ? null : bytes.subarray(value.begin, value.end)];
  });
  return rows?.every((row) => row !== undefined) === true ? rows : undefined;
}

/** The list that a member of the whole is, by its path in SQLite's words. */
function listAt(text: JsonPlace, path: SqlValue | undefined): readonly JsonPlace[] | undefined {
  return typeof path === "string" ? text.members?.get(path.slice(2))?.items : undefined;
}

/** Whether it is an object whose members have names of a list; the list is JSON. */
function areKnown({ members }: JsonPlace, known: SqlValue | undefined): boolean {
  if (members === undefined) return false;
  const names = namesOf(String(known));
  for (const name of members.keys()) if (!names.has(name)) return false;
  return true;
}

/** The lists are few: those of the schemas. */
const lists = new Map<string, ReadonlySet<string>>();

function namesOf(json: string): ReadonlySet<string> {
  const made = lists.get(json);
  if (made !== undefined) return made;
  const names = new Set<string>(JSON.parse(json));
  lists.set(json, names);
  return names;
}
