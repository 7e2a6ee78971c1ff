/** Another commit between the moment that a request looks at the store and its own transaction. */
import { beforeEach, describe, expect, test } from "vitest";
import { configPlan } from "../../components/config-plan/handler.ts";
import { configWrite } from "../../components/config-write/handler.ts";
import type { HttpReply } from "../../lib/core/http.ts";
import { formatToken } from "../../lib/core/token.ts";
import { atOnce } from "../../lib/engines/guest/at-once.ts";
import { commitLooked } from "../../lib/http/commit-looked.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import { addNamespace, bootstrap, giveToken, propose, tokenOf } from "../../testkit/proposals.ts";
import { committedMigrations, openTestStore } from "../../testkit/store.ts";
import { worldOver } from "../../testkit/world.ts";

const TOKEN = tokenOf("b");
const CHANGES = [{ op: "put", namespace: "shop", key: "a", value: "mine", ifRevision: "any" }];
let db: Db;

beforeEach(() => {
  db = openTestStore().db;
  bootstrap(db);
  addNamespace(db, "shop");
  giveToken(db, TOKEN, ["read", "write", "plan", "history"]);
});

const put = (key: string, value: string) => propose(db, [{ op: "put", ns: "shop", key, value, if: -1 }]);

/** Asks a service whose first commit is preceded by another one, made by `between`. */
function ask(service: typeof configPlan, path: string, json: unknown, between: () => void): HttpReply {
  let others = [between];
  const handle = atOnce(service(committedMigrations()), (world, proposals, options) => {
    for (const other of others) other();
    others = [];
    return commitLooked(world, proposals, options);
  });
  const headers = [
    ["authorization", `Bearer ${formatToken(TOKEN)}`],
    ["content-type", "application/json"],
  ] as const;
  const body = new TextEncoder().encode(JSON.stringify(json));
  return handle({ method: "POST", uri: path, headers, body }, worldOver(db));
}

const jsonOf = ({ body }: HttpReply) => JSON.parse(String(body));
const textOf = (key: string) =>
  db.all("select cast(value as text) from entry where namespace='shop' and key=?1", [key])[0]?.[0];
const planned = (json: object) => jsonOf(ask(configPlan, "/v1/plan", json, () => {})).planDigest;

describe("a commit that is bound to a plan", () => {
  test("is refused where another document came to stand at one of its keys", () => {
    put("a", "1");
    const planDigest = planned({ changes: CHANGES });
    const json = { changes: CHANGES, planDigest };
    const refused = ask(configWrite, "/v1/commit", json, () => put("a", "theirs"));
    expect([refused.status, jsonOf(refused).code]).toEqual([409, "plan_changed"]);
    expect(jsonOf(refused).errors).toMatchObject([{ pointer: "/changes/0" }]);
    expect(textOf("a")).toBe("theirs");
  });

  test("is refused where a rule of its namespace is another one, and not for others", () => {
    const rule = (namespace: string) =>
      db.all(
        "insert into change (namespace,key,revision,op,media_type,text,value) values ('_system',?1,1,'delete',null,0,null)",
        [`policy/${namespace}/limits`],
      );
    const json = { changes: CHANGES, planDigest: planned({ changes: CHANGES }) };
    const refused = ask(configWrite, "/v1/commit", json, () => rule("shop"));
    expect(jsonOf(refused).code).toBe("plan_changed");
    db.all("delete from change where key='policy/shop/limits'");
    const made = ask(configWrite, "/v1/commit", json, () => {
      rule("shop-2");
      put("beside", "theirs");
    });
    expect(made.status).toBe(200);
    db.all("delete from change where key='policy/shop-2/limits'");
  });
});

describe("a commit to a namespace that is deleted and made again meanwhile", () => {
  test("is refused, though what it creates would fit", () => {
    addNamespace(db, "new");
    const changes = [{ op: "put", namespace: "new", key: "a", value: "mine", ifRevision: 0 }];
    const json = { changes, planDigest: planned({ changes }) };
    const refused = ask(configWrite, "/v1/commit", json, () => {
      const end = { op: "delete", ns: "_system", key: "namespace/new", if: -1 } as const;
      expect(propose(db, [end], { door: "admin" }).ok).toBe(true);
      addNamespace(db, "new");
    });
    expect([refused.status, jsonOf(refused).code]).toEqual([409, "plan_changed"]);
    expect(db.all("select 1 from entry where namespace='new'")).toEqual([]);
    expect(ask(configWrite, "/v1/commit", json, () => {}).status).toBe(200);
  });
});

describe("a revert", () => {
  test("is worked out again where another commit was faster", () => {
    put("a", "1");
    const undone = put("a", "2");
    const revision = undone.ok ? undone.revision : 0;
    const json = { namespace: "shop", prefix: "", to: revision - 1 };
    const made = ask(configPlan, "/v1/revert", json, () => put("a", "theirs"));
    expect([made.status, textOf("a")]).toEqual([200, "1"]);
    const again = put("a", "3");
    const conflict = ask(configPlan, "/v1/revert", { commit: again.ok ? again.revision : 0 }, () =>
      put("a", "4"),
    );
    expect([conflict.status, jsonOf(conflict).code, textOf("a")]).toEqual([412, "stale", "4"]);
  });
});
