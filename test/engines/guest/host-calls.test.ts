import { expect, test } from "vitest";
import { formatToken } from "../../../lib/core/token.ts";
import { handlersOf } from "../../../testkit/handlers.ts";
import { addNamespace, bootstrap, giveToken, putReserved, tokenOf } from "../../../testkit/proposals.ts";
import { committedMigrations, openTestStore } from "../../../testkit/store.ts";
import { worldOver } from "../../../testkit/world.ts";

const { read, write } = handlersOf(committedMigrations());
const TOKEN = tokenOf("b");

/** A store, with a schema for `ruled/` where one is given, and a way to ask that tells what a guest would have asked its host for, in order. */
function openCounted(schema?: string) {
  const { db } = openTestStore();
  bootstrap(db);
  addNamespace(db, "shop");
  giveToken(db, TOKEN, ["read", "write"]);
  if (schema !== undefined) putReserved(db, "_system", "schema/shop/ruled/", schema);
  const calls: string[] = [];
  const world = worldOver(
    {
      all(sql, params) {
        if (!calls.includes("open")) calls.push("open");
        calls.push("execute");
        return db.all(sql, params);
      },
    },
    {
      nowMs: () => {
        calls.push("clock");
        return Date.now();
      },
      variable: () => {
        calls.push("variable");
        return undefined;
      },
      // Given to all that write, as on Spin.
      chain: () => {
        calls.push("chain");
        return undefined;
      },
    },
  );
  return (
    handle: typeof write,
    method: string,
    uri: string,
    headers: Record<string, string> = {},
    body = "",
  ) => {
    calls.length = 0;
    const authorization = `Bearer ${formatToken(TOKEN)}`;
    const { status } = handle(
      {
        method,
        uri,
        headers: Object.entries({ authorization, ...headers }),
        body: new TextEncoder().encode(body),
      },
      world,
    );
    const count = (name: string) => calls.filter((call) => call === name).length;
    return {
      status,
      sqlite: count("open") + count("execute"),
      clock: count("clock"),
      variables: count("variable"),
      ...(count("chain") === 0 ? {} : { chained: count("chain") }),
    };
  };
}

const TEXT = { "content-type": "text/plain" };
const JSON_TYPE = { "content-type": "application/json" };
const ABSENT = { "if-none-match": "*" };
const PRESENT = { "if-match": "*" };
const K = "/v1/write/shop?key=k";

test("a commit of one document calls SQLite at most 12 times, EXTRA included", () => {
  const ask = openCounted();
  const rest = { clock: 1, variables: 4 };
  expect(ask(write, "PUT", K, { ...TEXT, ...ABSENT }, "x")).toEqual({ status: 201, sqlite: 11, ...rest });
  expect(ask(write, "PUT", K, { ...TEXT, ...PRESENT }, "y")).toEqual({ status: 200, sqlite: 11, ...rest });
  expect(ask(write, "PUT", K, { ...TEXT, ...PRESENT }, "longer")).toEqual({
    status: 200,
    sqlite: 12,
    ...rest,
  });
  expect(ask(write, "PUT", `${K}2`, { ...JSON_TYPE, ...ABSENT }, "{}")).toEqual({
    status: 201,
    sqlite: 12,
    ...rest,
  });
  expect(ask(write, "DELETE", K, PRESENT)).toEqual({ status: 200, sqlite: 11, ...rest });
});

test("a commit that no schema covers asks nobody, and one under a schema asks once", () => {
  const ask = openCounted('{"type":"string"}');
  expect(ask(write, "PUT", K, { ...TEXT, ...ABSENT }, "x")).toEqual({
    status: 201,
    sqlite: 11,
    clock: 1,
    variables: 4,
  });
  const ruled = ask(write, "PUT", "/v1/write/shop?key=ruled/k", { ...TEXT, ...ABSENT }, "x");
  expect(ruled).toMatchObject({ status: 503, chained: 1 });
});

test("a commit as JSON calls it for four looks at its body more", () => {
  const changes = [{ op: "put", namespace: "shop", key: "c", value: { a: 1 }, ifRevision: 0 }];
  const asked = openCounted()(write, "POST", "/v1/commit", JSON_TYPE, JSON.stringify({ changes }));
  expect(asked).toEqual({ status: 200, sqlite: 15, clock: 1, variables: 4 });
});

test("a read calls it for its opening and one statement, and asks the time", () => {
  const ask = openCounted();
  ask(write, "PUT", K, { ...TEXT, ...ABSENT }, "x");
  expect(ask(read, "GET", "/v1/read/shop?key=k")).toEqual({ status: 200, sqlite: 2, clock: 1, variables: 0 });
});
