import { describe, expect, test } from "vitest";
import { diffPage, LOOKED_KEYS } from "../../lib/store/documents/diff.ts";
import type { NodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { openMemoryStore } from "../../testkit/store.ts";

const KEYS = LOOKED_KEYS + 5;

/** A commit that puts one value to the keys from a number to another one. */
function put(db: NodeDb, revision: number, { from, to, value }: { from: number; to: number; value: string }) {
  db.all("insert into commits(revision,id,time_ms,actor,changes) values(?1,'id'||?1,0,'_bootstrap',?2)", [
    revision,
    to - from + 1,
  ]);
  db.all(
    `insert into change(namespace,key,revision,op,media_type,text,value)
with recursive n(i) as (values(?1) union all select i+1 from n where i<?2)
select 'shop',printf('k%06d',i),?3,'put','a/b',1,cast(?4 as blob) from n`,
    [from, to, revision, value],
  );
}

function pagesOf(db: NodeDb, from: number, to: number): number[] {
  const sizes: number[] = [];
  let next: string | null = "";
  while (next !== null) {
    const page = diffPage(db, {
      before: { namespace: "shop", revision: from },
      after: { namespace: "shop", revision: to },
      ranges: [{ from: "", exact: false }],
      from: next,
      limit: 1000,
      bytesMax: 1_000_000,
      values: "none",
    });
    sizes.push(page.entries.length);
    next = page.next;
  }
  return sizes;
}

describe("diffPage", () => {
  test("finds few changes among many documents without a walk through all of them", () => {
    const db = openMemoryStore();
    put(db, 1, { from: 1, to: KEYS, value: "1" });
    put(db, 2, { from: 1, to: 1, value: "2" });
    put(db, 3, { from: KEYS, to: KEYS, value: "2" });
    expect(pagesOf(db, 1, 3)).toEqual([2]);
    db.close();
  });

  test("walks through all keys where much has changed, and goes on where it saw nothing", () => {
    const db = openMemoryStore();
    put(db, 1, { from: 1, to: KEYS, value: "1" });
    put(db, 2, { from: 1, to: KEYS, value: "2" });
    put(db, 3, { from: 1, to: KEYS - 1, value: "1" });
    expect(pagesOf(db, 1, 3)).toEqual([0, 1]);
    db.close();
  });
});
