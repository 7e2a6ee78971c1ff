/** What the build puts into the validating library: what each place costs, and that its answers stay the same. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bounded } from "../../build/json-schema.ts";
import { acceptSchema } from "../../lib/json-schema/accepted.ts";
import { counting, nodesLeft } from "../../lib/json-schema/count.ts";
import { judgeBy, NOTHING_ALLOWED } from "../../lib/json-schema/judge.ts";
import { root } from "../../testkit/processes.ts";

function judge(schema: unknown, value: unknown, nodes?: number) {
  const accepted = acceptSchema(schema);
  if (!accepted.ok) throw new Error(accepted.detail);
  return judgeBy(accepted.value, value, nodes);
}
const kindOf = (schema: unknown, value: unknown, nodes?: number) => judge(schema, value, nodes).kind;
/** The nodes that a judgement spends. */
function spent(schema: unknown, value: unknown): number {
  const accepted = acceptSchema(schema);
  if (!accepted.ok) throw new Error(accepted.detail);
  return counting(
    1e9,
    () => {
      judgeBy(accepted.value, value, 1e9);
      return 1e9 - nodesLeft();
    },
    () => Number.POSITIVE_INFINITY,
  );
}
const texts = (count: number) => Array.from({ length: count }, (_, at) => `text ${at}`);

describe("a judgement", () => {
  test("visits as many nodes as it may, and one more is too many", () => {
    const items = { items: { type: "string" } };
    const nodes = spent(items, texts(100));
    expect(nodes).toBeGreaterThan(100);
    expect([kindOf(items, texts(100), nodes), kindOf(items, texts(100), nodes - 1)]).toEqual([
      "fits",
      "too_costly",
    ]);
  });

  test.each([
    { name: "items under true", schema: { items: true }, value: texts(3000), least: 3000 },
    {
      name: "a wide list of values",
      schema: { items: { enum: texts(1000) } },
      value: Array(100).fill("text 0"),
      least: 6000,
    },
    {
      name: "a wide list of names",
      schema: { items: { required: texts(1000) } },
      value: Array(100).fill(1),
      least: 6000,
    },
    {
      name: "names that are missing, an error each",
      schema: { items: { required: texts(50) } },
      value: Array(100).fill({}),
      least: 5000,
    },
    {
      name: "names that another demands",
      schema: { items: { dependentRequired: { a: texts(50) } } },
      value: Array(100).fill({ a: 1 }),
      least: 5000,
    },
    {
      name: "a long name of a member, in its address",
      schema: { additionalProperties: true },
      value: { ["a".repeat(100_000)]: 1 },
      least: 780,
    },
    {
      name: "a long name that is missing",
      schema: { items: { required: ["a".repeat(100_000)] } },
      value: Array(100).fill({}),
      least: 70_000,
    },
    {
      name: "numbers that lie far apart",
      schema: { items: { multipleOf: 5e-324 } },
      value: Array(100).fill(1e308),
      least: 3900,
    },
    {
      name: "a wide object",
      schema: { allOf: Array(100).fill({ minProperties: 1 }) },
      value: Object.fromEntries(texts(1000).map((name) => [name, 1])),
      least: 6000,
    },
    {
      name: "a long text",
      schema: { allOf: Array(100).fill({ maxLength: 9e9 }) },
      value: "x".repeat(16_000),
      least: 6000,
    },
    {
      name: "a long text of an expression",
      schema: { pattern: "^x*$" },
      value: "x".repeat(100_000),
      least: 1000,
    },
    { name: "a long text of a format", schema: { format: "uri" }, value: "x".repeat(100_000), least: 6000 },
    { name: "values that are compared", schema: { enum: [texts(1000)] }, value: texts(1000), least: 1000 },
    { name: "items that are to differ", schema: { uniqueItems: true }, value: texts(1000), least: 1000 },
    {
      name: "long names of members",
      schema: { properties: { ["x".repeat(100_000)]: { allOf: Array(100).fill(true) } } },
      value: { ["x".repeat(100_000)]: 1 },
      least: 6000,
    },
  ])("pays for $name", ({ schema, value, least }) => {
    expect(spent(schema, value)).toBeGreaterThanOrEqual(least);
  });

  test("of fifty thousand items that are to differ compares none twice", () => {
    const many = texts(50_000);
    expect([kindOf({ uniqueItems: true }, many), kindOf({ uniqueItems: true }, [...many, "text 7"])]).toEqual(
      ["fits", "fails"],
    );
    const members = [
      { a: 1, b: [2] },
      { b: [2], a: 1 },
    ];
    expect(judge({ uniqueItems: true }, members)).toMatchObject({
      violations: [{ path: "", detail: "Duplicate items at indexes 0 and 1." }],
    });
    expect(kindOf({ uniqueItems: true }, [1, true, "1", null, [1], { a: 1 }, [], {}, "", 0, false])).toBe(
      "fits",
    );
  });

  test("collects a few of a hundred thousand errors, and none is lost where there is one", () => {
    const judged = judge({ allOf: [{ items: { type: "number" } }] }, texts(150_000));
    expect(judged.kind === "fails" && judged.violations.length).toBe(20);
    const last = [...Array(1000).fill(1), "text"];
    expect(judge({ items: { type: "number" } }, last)).toMatchObject({ violations: [{ path: "/1000" }] });
  });

  test("ends where references lead to themselves, however they are written", () => {
    for (const schema of [
      { $ref: "#" },
      { $defs: { a: { $ref: "#/$defs/b" }, b: { allOf: [{ $ref: "#/$defs/a" }] } }, $ref: "#/$defs/a" },
      { not: { $ref: "#" } },
      { $anchor: "x", if: { $ref: "#x" } },
    ])
      expect([schema, kindOf(schema, 1)]).toEqual([schema, "too_costly"]);
  });

  test("knows names of every object as names of members, and no format by them", () => {
    const value = JSON.parse('{"__proto__":{"a":1},"constructor":1,"toString":1}');
    expect(kindOf({ properties: { a: { type: "string" } } }, value)).toBe("fits");
    expect(kindOf({ required: ["hasOwnProperty"] }, value)).toBe("fails");
    const closed = JSON.parse('{"properties":{"__proto__":{"properties":{"a":{"type":"string"}}}}}');
    expect(judge(closed, value)).toMatchObject({ violations: [{ path: "/__proto__/a" }] });
    expect(kindOf({ format: "hasOwnProperty" }, "x")).toBe("fits");
    expect(judge({ additionalProperties: false }, { "a/b~c é": 1 })).toMatchObject({
      violations: [{ path: "/a~1b~0c é", detail: NOTHING_ALLOWED }],
    });
  });

  test("shows no more of a schema's value than a line holds", () => {
    const judged = judge({ enum: texts(1000) }, "x");
    expect(judged.kind === "fails" && judged.violations[0]?.detail.length).toBeLessThan(301);
  });
});

describe("the build", () => {
  test("fails where the library is no longer written as it was, and names the place", () => {
    const file = join(root, "node_modules/@cfworker/json-schema/dist/esm/validate.js");
    const source = readFileSync(file, "utf8");
    expect(bounded(root, file, source)).toContain("visited(");
    expect(() => bounded(root, file, source.replace("new RegExp(pattern, 'u')", "other(pattern)"))).toThrow(
      "validate.js has 0 times, not 1: new RegExp(pattern",
    );
  });
});

describe("of what is evaluated", () => {
  test.each([
    { name: "a then sees not what its if has seen", part: { unevaluatedProperties: false } },
    { name: "a reference sees not what one beside it has", part: { $ref: "#/$defs/none" } },
    {
      name: "a part sees not what a reference beside it has",
      part: { $ref: "#/$defs/x", $defs: {}, allOf: [{ unevaluatedProperties: false }] },
    },
  ])("$name", ({ part }) => {
    expect(judgedByThen(part)).toBe("fails");
  });

  test("what stands around sees what then and references have seen", () => {
    const around = { unevaluatedProperties: false };
    expect(judgedByThen({ $ref: "#/$defs/x" }, around)).toBe("fits");
    expect(judgedByThen(true, around, { x: 1, y: 1 })).toBe("fails");
  });
});

function judgedByThen(part: unknown, around: object = {}, value: object = { x: 1 }) {
  const $defs = { x: { properties: { x: true } }, none: { unevaluatedProperties: false } };
  const entries = Object.entries({ if: $defs.x, $defs, ...around });
  // An object that has a word `then` is taken for a promise by the linter.
  return kindOf(
    JSON.parse(JSON.stringify(Object.fromEntries(entries)).replace(/}$/, `,"then":${JSON.stringify(part)}}`)),
    value,
  );
}

test("an infinite number is no integer", () => {
  for (const type of ["integer", ["integer"]]) expect(kindOf({ type }, JSON.parse("1e400"))).toBe("fails");
});

test("a name that is half of a pair is judged like any other", () => {
  const texts = { additionalProperties: { type: "string" } };
  expect([kindOf(texts, { "\ud800": "a" }), kindOf(texts, { "\ud800": 1 })]).toEqual(["fits", "fails"]);
});
