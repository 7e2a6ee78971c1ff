/**
 * A JSON file as documents: `{ "<namespace>": { "<key>": <value>, … }, … }`, or with a namespace named just the
 * inner object. Values keep the text that they have in the file: numbers and member order are not touched,
 * because SQLite cuts them out and JavaScript never parses them.
 */

import { readFileSync } from "node:fs";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { EXIT, Failure } from "./failure.ts";
import type { TreeDocument } from "./tree.ts";

interface Member {
  readonly name: string;
  readonly json: string;
}

export function readJsonFile(file: string, namespace: string | undefined): TreeDocument[] {
  const text = readFileSync(file, "utf8");
  const db = openNodeDb(":memory:");
  try {
    if (namespace !== undefined) return documentsOf(db, file, namespace, text);
    return membersOf(db, file, text).flatMap((member) => documentsOf(db, file, member.name, member.json));
  } finally {
    db.close();
  }
}

function documentsOf(db: Db, file: string, namespace: string, json: string): TreeDocument[] {
  return membersOf(db, file, json).map((member) => ({
    namespace,
    key: member.name,
    mediaType: "application/json",
    bytes: new TextEncoder().encode(member.json),
  }));
}

/** Containers come as they stand in the text; a scalar is cut out by its path, which `->` leaves as written. */
const MEMBERS = `select key, case when type in ('object','array') then value
  else ?1 -> fullkey end from json_each(?1) order by id`;

function membersOf(db: Db, file: string, json: string): Member[] {
  const type = db.all("select iif(json_valid(?1), json_type(?1), null)", [json])[0]?.[0];
  if (type !== "object") throw new Failure(EXIT.usage, `${file} does not hold a JSON object of documents`);
  const members = db.all(MEMBERS, [json]).map(([name, text]) => ({ name: String(name), json: String(text) }));
  const names = new Set(members.map((member) => member.name));
  if (names.size !== members.length) throw new Failure(EXIT.usage, `${file} names a member twice`);
  return members;
}
