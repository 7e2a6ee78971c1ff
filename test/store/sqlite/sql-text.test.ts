import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { firstStatement, parameterPlan, splitSql, sqlTokens } from "../../../lib/store/sqlite/sql-text.ts";

const TRIGGER = `create trigger t instead of insert on v begin
  insert into a values (case when new.x = ';' then 1 else 2 end);
  select raise(abort, 'ledge:x; end;') where 1; -- a comment; end;
end`;

describe("splitSql", () => {
  test("keeps a trigger whole, and what follows it apart", () => {
    const parts = splitSql(`create table a(x); ${TRIGGER}; create index i on a(x);`);
    expect(parts).toHaveLength(3);
    expect(parts[1]).toMatch(/^create trigger[\s\S]*end$/);
    expect(parts[1]).not.toContain("a comment");
    expect(parts[2]).toBe("create index i on a(x)");
  });

  test.each([
    { name: "quotes of all four kinds", sql: `select ';', ";", \`;\`, [;]; select 2`, count: 2 },
    { name: "doubled quotes", sql: "select 'a'';b'; select 2", count: 2 },
    { name: "comments", sql: "-- one; two\nselect 1 /* ; */; select 2", count: 2 },
    { name: "empty statements", sql: ";;\n ; select 1;;", count: 1 },
    {
      name: "temp triggers",
      sql: "create temp trigger x after insert on t begin select 1; select 2; end; select 3",
      count: 2,
    },
    { name: "a transaction's begin and end", sql: "begin; select 1; end; select 2", count: 4 },
    { name: "a column named trigger", sql: "create table x(trigger_ text); select 1", count: 2 },
    { name: "an unended string", sql: "select 'a; b", count: 1 },
  ])("counts $name", ({ sql, count }) => {
    expect(splitSql(sql)).toHaveLength(count);
  });
});

describe("sqlTokens", () => {
  test("covers any text without gaps", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("'", '"', ";", "-", "/", "*", "?", "1", "a", " ", "[", "]") }),
        (sql) => {
          expect(
            sqlTokens(sql)
              .map((token) => sql.slice(token.start, token.end))
              .join(""),
          ).toBe(sql);
        },
      ),
    );
  });
});

describe("firstStatement", () => {
  test("drops what Spin drops", () => {
    expect(firstStatement("select 1; select 2")).toBe("select 1");
    expect(firstStatement("; -- x\n select 1")).toBe("; -- x\n select 1");
    expect(firstStatement(" /* nothing */ ;")).toBeUndefined();
    expect(firstStatement(`${TRIGGER}; drop table a`)).toBe(TRIGGER);
  });
});

describe("parameterPlan", () => {
  test.each([
    ["select ?, ?", { count: 2, positional: [1, 2], named: [] }],
    [
      "select ?2, ?1, ?2",
      {
        count: 2,
        positional: [],
        named: [
          ["2", 2],
          ["1", 1],
        ],
      },
    ],
    ["select ?3, ?", { count: 4, positional: [4], named: [["3", 3]] }],
    [
      "select :a, @b, :a, '?'",
      {
        count: 2,
        positional: [],
        named: [
          ["a", 1],
          ["b", 2],
        ],
      },
    ],
  ])("numbers %s", (sql, plan) => {
    expect(parameterPlan(sql)).toEqual(plan);
  });
});
