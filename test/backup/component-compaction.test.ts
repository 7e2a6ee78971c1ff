/** Compaction as a tick of the real exporter does it, and what readers are told afterwards. */
import { beforeAll, expect, test } from "vitest";
import { askAs } from "../../testkit/ask.ts";
import { begin, put } from "../../testkit/backup.ts";
import { openServedBucket } from "../../testkit/bucket.ts";
import { variablesOf } from "../../testkit/bucket-settings.ts";
import { buildFor, LEDGE_MANIFEST } from "../../testkit/host.ts";
import { cheaperEngine } from "../../testkit/native.ts";
import { giveToken, tokenOf } from "../../testkit/proposals.ts";
import { openServedStore } from "../../testkit/served-store.ts";

const TOKEN = tokenOf("t");
const ask = askAs(TOKEN);

beforeAll(() => buildFor(LEDGE_MANIFEST));

/** A store whose commits are some years old. */
async function served(variables: Record<string, string>) {
  const revisions: number[] = [];
  const opened = await openServedStore(
    (db) => {
      begin(db);
      giveToken(db, TOKEN, ["backup", "read", "history"]);
      for (const value of ["one", "two", "three"]) revisions.push(put(db, "k", value));
    },
    { variables, ...cheaperEngine() },
  );
  const read = (revision: number | undefined) =>
    ask(opened.host, "GET", `/v1/read/shop?key=k&revision=${revision}`);
  return { ...opened, revisions, read };
}

test("a tick without a bucket forgets what is too old, and readers are told", async () => {
  const { host, revisions, read } = await served({ history_keep: "30d" });
  const [first, , last] = revisions;
  expect((await read(first)).status).toBe(200);
  expect(await host.tick("snapshot-export")).toBeUndefined();
  expect(await read(first)).toMatchObject({ status: 410, json: { code: "compacted", oldest: last } });
  expect((await read(last)).status).toBe(200);
  const feed = await ask(host, "GET", "/v1/changes?ns=shop&since=1");
  expect(feed).toMatchObject({ status: 410, json: { code: "compacted", oldest: last } });
  const { json } = await ask(host, "GET", "/v1/history/shop?key=k");
  expect(json.entries.map(({ revision }: { revision: number }) => revision)).toEqual([last]);
});

test("with a bucket it forgets only once that is proven there", async () => {
  const { server } = await openServedBucket();
  const { host, revisions, read } = await served({ history_keep: "30d", ...variablesOf(server) });
  await host.tick("snapshot-export");
  expect((await read(revisions[0])).status).toBe(410);
  const again = await ask(host, "POST", "/v1/backup/run");
  expect(again).toMatchObject({ status: 200, json: { state: "nothing_new" } });
});

test("a window that is none is refused by its name, and nothing is forgotten", async () => {
  const { server } = await openServedBucket();
  const { host, revisions, read } = await served({ history_keep: "1h", ...variablesOf(server) });
  const refused = await ask(host, "POST", "/v1/backup/run");
  expect(refused).toMatchObject({ status: 409, json: { code: "bucket_not_set" } });
  expect(refused.json.detail).toContain("history_keep");
  await host.tick("snapshot-export");
  expect((await read(revisions[0])).status).toBe(200);
});
