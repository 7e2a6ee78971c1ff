/** Other commits between the moment that values or documents are judged and the transaction that rests on it. */
import { beforeEach, describe, expect, test } from "vitest";
import { configWrite } from "../../components/config-write/handler.ts";
import type { HttpReply } from "../../lib/core/http.ts";
import { formatToken } from "../../lib/core/token.ts";
import { NOT_WAITED } from "../../lib/core/waiting.ts";
import { ask } from "../../lib/engines/node/ask.ts";
import type { CallComponent, World } from "../../lib/http/world.ts";
import { commitAll } from "../../lib/store/commit/commit.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import { chainTo, handlersOf } from "../../testkit/handlers.ts";
import {
  addNamespace,
  bootstrap,
  giveToken,
  propose,
  putReserved,
  tokenOf,
} from "../../testkit/proposals.ts";
import { committedMigrations, openTestStore } from "../../testkit/store.ts";
import { worldOver } from "../../testkit/world.ts";

const TOKEN = tokenOf("b");
const SCHEMA = "schema/shop/";
const handlers = handlersOf(committedMigrations());
let db: Db;

beforeEach(() => {
  db = openTestStore().db;
  bootstrap(db);
  addNamespace(db, "shop");
  giveToken(db, TOKEN, ["read", "write", "plan", "history", "admin"]);
});

const rule = (schema: unknown, scope = "") =>
  putReserved(db, "_system", `${SCHEMA}${scope}`, JSON.stringify(schema));
const endRule = (scope: string) =>
  propose(db, [{ op: "delete", ns: "_system", key: `${SCHEMA}${scope}`, if: -1 }], { door: "admin" });
const standing = (key: string) => db.all("select cast(value as text) from entry where key=?1", [key])[0]?.[0];

/** What happens behind the first, the second … answer of schema-check. */
function chained(behind: readonly (() => void)[]): { world: World; calls: () => number } {
  const alone = worldOver(db);
  const judge = chainTo(handlers.check, alone);
  let calls = 0;
  const chain: CallComponent = (...asked) => {
    const reply = judge(...asked);
    behind[calls]?.();
    calls += 1;
    return reply;
  };
  return { world: { ...alone, chain }, calls: () => calls };
}

function request(method: string, uri: string, body: string) {
  const headers = [
    ["authorization", `Bearer ${formatToken(TOKEN)}`],
    ["content-type", "application/json"],
  ] as const;
  return { method, uri, headers, body: new TextEncoder().encode(body) };
}
const told = ({ status, body }: HttpReply) =>
  status < 400 ? String(status) : `${status} ${JSON.parse(String(body)).code}`;
const put = (world: World, key: string, value: unknown) =>
  told(handlers.write(request("PUT", `/v1/write/shop?key=${key}`, JSON.stringify(value)), world));

describe("a commit that was judged", () => {
  test("is judged again where another schema stands there in the transaction", () => {
    rule({ type: "number" });
    const refused = chained([() => rule({ type: "string" })]);
    expect([put(refused.world, "a", 1), refused.calls()]).toEqual(["422 schema_violation", 2]);
    const longer = chained([() => rule({ type: "number" }, "b")]);
    expect([put(longer.world, "b", "text"), longer.calls()]).toEqual(["422 schema_violation", 2]);
    const ended = chained([() => endRule("b")]);
    expect([put(ended.world, "b", 5), ended.calls()]).toEqual(["422 schema_violation", 2]);
    const beside = chained([() => rule(false, "else/")]);
    expect([put(beside.world, "c", "text"), beside.calls()]).toEqual(["201", 1]);
    expect([standing("a"), standing("b"), standing("c")]).toEqual([undefined, undefined, '"text"']);
  });

  test("is refused as busy where the schemas move each time, and where nobody judges", () => {
    rule(true);
    const moving = chained(Array.from({ length: 9 }, (_, at) => () => rule({ maximum: at })));
    expect([put(moving.world, "a", -1), moving.calls()]).toEqual(["503 busy", 4]);
    const { chain: _, ...alone } = moving.world;
    expect(put(alone, "a", -1)).toBe("503 busy");
    const body = JSON.stringify({ changes: [{ op: "put", namespace: "shop", key: "a", value: 1 }] });
    expect(told(handlers.plan(request("POST", "/v1/plan", body), alone))).toBe("503 busy");
    expect(standing("a")).toBeUndefined();
  });

  test("is refused where the schema is one that nobody would have taken", () => {
    rule({ $ref: "#/none" });
    rule({ pattern: "(" }, "b");
    const { world } = chained([]);
    expect([put(world, "a", 1), put(world, "b", "text"), put(world, "b", 1)]).toEqual([
      "422 schema_violation",
      "422 schema_violation",
      "201",
    ]);
  });

  test("is judged again with promises, too", async () => {
    rule({ type: "number" });
    const { world, calls } = chained([() => rule({ type: "string" })]);
    const acting = {
      commit: async (
        ...[proposals, options]: Parameters<typeof commitAll> extends [Db, ...infer Rest] ? Rest : never
      ) => commitAll(db, proposals, options),
      call: async (...asked: Parameters<CallComponent>) => world.chain?.(...asked),
    };
    const service = configWrite(committedMigrations());
    const asked = request("PUT", "/v1/write/shop?key=a", "1");
    const reply = await ask({ service, acting }, asked, world, NOT_WAITED);
    if ("park" in reply) throw new Error("it waits");
    expect([told(reply), calls()]).toEqual(["422 schema_violation", 2]);
  });
});

describe("a schema that was compared", () => {
  const putSchema = (world: World, schema: unknown, query = "") =>
    told(handlers.admin(request("PUT", `/v1/admin/schemas/shop?${query}`, JSON.stringify(schema)), world));
  const commit = (key: string, value: string) =>
    propose(db, [{ op: "put", ns: "shop", key, value, type: "application/json", if: -1 }]);

  test("is compared again where a document has changed meanwhile", () => {
    addNamespace(db, "other");
    const beside = chained([() => propose(db, [{ op: "put", ns: "other", key: "a", value: "x" }])]);
    expect([putSchema(beside.world, { type: "number" }), beside.calls()]).toEqual(["201", 1]);
    endRule("");
    const failing = chained([() => commit("a", '"text"')]);
    expect([putSchema(failing.world, { type: "number" }), failing.calls()]).toEqual([
      "409 schema_conflict",
      2,
    ]);
    const fitting = chained([() => commit("b", "1")]);
    expect([putSchema(fitting.world, { type: ["number", "string"] }), fitting.calls()]).toEqual(["201", 2]);
  });

  test("is refused plainly where there are more documents than are compared", () => {
    const changes = (from: number) =>
      Array.from({ length: 1000 }, (_, at) => ({
        op: "put" as const,
        ns: "shop",
        key: `k${from + at}`,
        value: "1",
        type: "application/json",
      }));
    for (let from = 0; from < 10_000; from += 1000) propose(db, changes(from));
    const { world, calls } = chained([]);
    expect([putSchema(world, { type: "number" }), calls()]).toEqual(["422 schema_too_costly", 20]);
    expect(putSchema(world, { type: "number" }, "existing=accept")).toBe("201");
    expect(putSchema(world, { type: "number" }, "scope=k99")).toBe("201");
  });
});
