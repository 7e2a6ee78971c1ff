import { describe, expect, test } from "vitest";
import { LOOKED_COMMITS } from "../../lib/store/documents/commit-parts.ts";
import { type HistoryPlace, historyPage } from "../../lib/store/documents/history.ts";
import { openMemoryStore } from "../../testkit/store.ts";

describe("historyPage", () => {
  test("looks at so many commits for a page, and goes on where it saw nothing", () => {
    const db = openMemoryStore();
    const newest = LOOKED_COMMITS * 2 + 1;
    db.all(
      `insert into commits(revision,id,time_ms,actor,changes)
with recursive n(r) as (values(1) union all select r+1 from n where r<?1) select r,'id'||r,0,'_bootstrap',1 from n`,
      [newest],
    );
    db.all(`insert into change(namespace,key,revision,op,media_type,text,value)
select iif(revision in (1,2),'shop','other'),'k'||revision,revision,'put','a/b',1,x'31' from commits`);
    const look = (from: HistoryPlace) =>
      historyPage(db, {
        ranges: [{ namespace: "*", from: "", exact: false }],
        namespace: "shop",
        key: null,
        prefix: "",
        from,
        limit: 100,
        bytesMax: 1_000_000,
        values: "none",
        self: "",
        all: true,
      });
    const seen: number[] = [];
    let place: HistoryPlace | null = { revision: newest, key: "" };
    while (place !== null) {
      const page = look(place);
      seen.push(page.entries.length);
      place = page.next;
    }
    expect(seen).toEqual([0, 1, 1]);
    db.close();
  });
});
