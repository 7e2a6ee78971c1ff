/** Short JSON as JavaScript tells of it, beside what SQLite tells. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  cutValuesSql,
  judgeJsonSql,
  surveyItemsSql,
  surveyJsonSql,
} from "../../../lib/store/documents/json-text.sql.ts";
import type { Db, SqlValue } from "../../../lib/store/sqlite/driver.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { shortJson } from "../../../programs/native/short-json.ts";

const KNOWN = JSON.stringify(["changes", "message", "op", "value"]);

/** Each statement about a body. */
function statementsAbout(text: string): [string, SqlValue[]][] {
  const body = Buffer.from(text);
  return [
    [surveyJsonSql.sql, [body, KNOWN, "$.changes", 3]],
    [surveyJsonSql.sql, [body, KNOWN, null, 3]],
    [surveyItemsSql.sql, [body, KNOWN, "$.changes", 3]],
    [judgeJsonSql.sql, [body]],
    [cutValuesSql.sql, [body]],
  ];
}

/** SQLite, the same behind JavaScript, and how often SQLite was asked there. */
function openBoth() {
  const sqlite = openNodeDb(":memory:");
  let asked = 0;
  const counting: Db = {
    all(sql, params) {
      asked += 1;
      return sqlite.all(sql, params);
    },
  };
  return { sqlite, short: shortJson(counting), asked: () => asked };
}

/** What a statement gives, or that it fails. */
function said(db: Db, [sql, params]: [string, SqlValue[]]): unknown {
  try {
    return db.all(sql, params).map((row) => row.map(plain));
  } catch (error) {
    return `fails: ${error}`;
  }
}

function plain(value: SqlValue): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value;
}

const USUAL = [
  '{"changes":[{"op":"put","value":{"a":[1,2.50,-0,1e5],"b":"\\u00e9\\\\\\"","c":{}}}],"message":"m"}',
  '{ "changes" : [ {"value":[]}, {"message":"x","value":"a b"}, {"value":null} ] }',
  '{"changes":[]}',
  '{"changes":[{"value":{"é":"ü€😀"}}],"message":"é"}',
];
const UNUSUAL = [
  ...["", " ", "{", "{}", "[]", "1", '"a"', "null", "{'a':1}", '{"a":1,}', '{"changes":1}', '{"a":\u0000}'],
  '{"changes":[1,"a",null,[],{"value":1}]}',
  '{"changes":{"a":{"value":1}}}',
  '{"changes":[{"value":{"a":1, "b":[1, 2]}}]}',
  '{"changes":[{"value":1,"value":2}]}',
  '{"changes":[{"value":{"a":{"b":1,"b":1}}}]}',
  '{"changes":[{"v\\u0061lue":1}],"message":1}',
  '{"changes":[{"a":1,"\\u0061":1}]}',
  '{"changes":[],"changes":[]}',
  '{"other":1,"another":2,"more":3,"most":4}',
  '{"changes":[{"other":1},{"value":1,"another":2}]}',
  `${"[".repeat(200)}${"]".repeat(200)}`,
  `{"changes":[{"value":${"[".repeat(99)}1${"]".repeat(99)}}]}`,
  '{"changes":[{"value":"a\nb"}]}',
  '{"changes":[{"value":01}]}',
  "\ufeff{}",
  `{"changes":[{"value":"${"x".repeat(20_000)}"}]}`,
];

describe("statements about a short JSON text", () => {
  test.each([...USUAL, ...UNUSUAL])("give what SQLite gives: %j", (text) => {
    const { sqlite, short } = openBoth();
    for (const statement of statementsAbout(text))
      expect(said(short, statement)).toEqual(said(sqlite, statement));
  });

  test("give what SQLite gives of any text", () => {
    const { sqlite, short } = openBoth();
    const name = fc.constantFrom("changes", "value", "message", "é", "other", "\\", '"', "a");
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.oneof(
          fc.string(),
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          fc.boolean(),
          fc.constant(null),
        ),
        fc.array(tie("tree"), { maxLength: 4 }),
        fc.dictionary(name, tie("tree"), { maxKeys: 4 }),
      ),
    }));
    const body = fc.oneof(tree, fc.record({ changes: fc.array(fc.dictionary(name, tree)) }));
    const text = fc
      .tuple(
        body,
        fc.constantFrom(undefined, 1),
        fc.option(fc.tuple(fc.nat(), fc.constantFrom("", " ", ",", '"', "{", "a"))),
      )
      .map(([value, indent, cut]) => {
        const whole = JSON.stringify(value, null, indent);
        if (cut === null) return whole;
        const at = cut[0] % (whole.length + 1);
        return whole.slice(0, at) + cut[1] + whole.slice(at + 1);
      });
    fc.assert(
      fc.property(text, (json) => {
        for (const statement of statementsAbout(json))
          expect(said(short, statement)).toEqual(said(sqlite, statement));
      }),
      { numRuns: 500 },
    );
  });

  test.each(USUAL)("do not ask SQLite about what is usual: %j", (text) => {
    const { short, asked } = openBoth();
    for (const statement of statementsAbout(text)) said(short, statement);
    expect(asked()).toBe(0);
  });
});
