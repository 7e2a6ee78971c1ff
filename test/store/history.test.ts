import { describe, expect, test } from "vitest";
import { LOOKED_COMMITS } from "../../lib/store/documents/commit-parts.ts";
import { type HistoryPlace, historyPage } from "../../lib/store/documents/history.ts";
import { commitsPage } from "../../lib/store/documents/log.ts";
import type { NodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { openMemoryStore } from "../../testkit/store.ts";

const NEWEST = LOOKED_COMMITS * 2 + 1;
const EVERYBODY = { ranges: [{ namespace: "*", from: "", exact: false }], self: "", all: true };

/** Two commits to `shop`, and then more to `other` than two looks reach. */
function openLongHistory(): NodeDb {
  const db = openMemoryStore();
  db.all(
    `insert into commits(revision,id,time_ms,actor,changes)
with recursive n(r) as (values(1) union all select r+1 from n where r<?1) select r,'id'||r,0,'_bootstrap',1 from n`,
    [NEWEST],
  );
  db.all(`insert into change(namespace,key,revision,op,media_type,text,value)
select iif(revision in (1,2),'shop','other'),iif(revision in (1,2),'k','k'||revision),revision,'put','a/b',1,x'31' from commits`);
  return db;
}

describe("historyPage", () => {
  test("looks at so many commits for a page, and goes on where it saw nothing", () => {
    const db = openLongHistory();
    const look = (from: HistoryPlace) =>
      historyPage(db, {
        ...EVERYBODY,
        namespace: "shop",
        key: null,
        prefix: "k",
        from,
        limit: 100,
        bytesMax: 1_000_000,
        values: "none",
      });
    const seen: number[] = [];
    let place: HistoryPlace | null = { revision: NEWEST, key: "" };
    while (place !== null) {
      const page = look(place);
      seen.push(page.entries.length);
      place = page.next;
    }
    expect(seen).toEqual([0, 1, 1]);
    db.close();
  });
});

describe("commitsPage", () => {
  const look = (db: NodeDb, key: string | null) => {
    const { commits, before } = commitsPage(db, {
      ...EVERYBODY,
      namespace: "shop",
      key,
      prefix: "",
      before: NEWEST + 1,
      from: 1,
      to: NEWEST,
      actor: null,
      requestId: null,
      message: "",
      limit: 100,
    });
    return { revisions: commits.map(({ revision }) => revision), before };
  };

  test("finds all commits of one key at once, however many lie between them", () => {
    const db = openLongHistory();
    expect(look(db, "k")).toEqual({ revisions: [2, 1], before: null });
    db.close();
  });

  test("looks at so many commits where more than a key is asked for", () => {
    const db = openLongHistory();
    expect(look(db, null)).toEqual({ revisions: [], before: NEWEST + 1 - LOOKED_COMMITS });
    db.close();
  });
});
