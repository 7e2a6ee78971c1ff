import { describe, expect, test } from "vitest";
import { acceptSchema } from "../../lib/json-schema/accepted.ts";
import { judgeBy } from "../../lib/json-schema/judge.ts";

const pointerOf = (schema: unknown) => {
  const accepted = acceptSchema(schema);
  return accepted.ok ? "taken" : `${accepted.code} ${accepted.errors?.[0]?.pointer ?? ""}`;
};

describe("a schema", () => {
  test.each([
    { name: "true", schema: true },
    {
      name: "every annotation",
      schema: { title: "a", description: "b", examples: [1], deprecated: true, $comment: "c", default: 1 },
    },
    { name: "a name that is half of a pair", schema: { properties: { "\ud800": true } } },
    { name: "an unknown word", schema: { "x-owner": "kim", "x-more": { a: 1 } } },
    {
      name: "its own $id and $schema",
      schema: { $id: "https://example.com/a", $schema: "https://json-schema.org/draft/2020-12/schema" },
    },
    {
      name: "references and anchors inside",
      schema: {
        $ref: "#a",
        $defs: { x: { $anchor: "a", items: { $ref: "#/$defs/y~1z%25" } }, "y/z%": true },
      },
    },
    {
      name: "members named like words",
      schema: { properties: { $ref: { type: "string" }, id: true, dependencies: true, pattern: true } },
    },
  ])("may have $name", ({ schema }) => {
    expect(pointerOf(schema)).toBe("taken");
  });

  test.each([
    { name: "a number", schema: 1, told: "schema_invalid " },
    { name: "null", schema: null, told: "schema_invalid " },
    { name: "a list", schema: [], told: "schema_invalid " },
    {
      name: "a name by which the library would lead a reference elsewhere",
      schema: {
        $ref: "#/$defs/a",
        __absolute_ref__: "https://github.com/cfworker#/$defs/b",
        $defs: { a: false, b: true },
      },
      told: "schema_invalid /__absolute_ref__",
    },
    {
      name: "an expression of too many classes",
      schema: { pattern: "\\p{L}".repeat(101) },
      told: "schema_invalid /pattern",
    },
    {
      name: "expressions that have too many classes together",
      schema: { allOf: [{ pattern: "\\p{L}".repeat(60) }, { pattern: "\\P{L}".repeat(60) }] },
      told: "schema_too_costly ",
    },
    { name: "a part that is none", schema: { allOf: [1] }, told: "schema_invalid /allOf/0" },
    { name: "required that is no list", schema: { required: "a" }, told: "schema_invalid /required" },
    {
      name: "a negative count",
      schema: { items: { minLength: -1 } },
      told: "schema_invalid /items/minLength",
    },
    { name: "a step of nothing", schema: { multipleOf: 0 }, told: "schema_invalid /multipleOf" },
    {
      name: "another draft",
      schema: { $schema: "http://json-schema.org/draft-07/schema#" },
      told: "schema_invalid /$schema",
    },
    { name: "words of former drafts", schema: { dependencies: {} }, told: "schema_invalid /dependencies" },
    { name: "a list of items", schema: { items: [true] }, told: "schema_invalid /items" },
    {
      name: "an $id below the root",
      schema: { $defs: { a: { $id: "b" } } },
      told: "schema_invalid /$defs/a/$id",
    },
    {
      name: "a place that is no schema",
      schema: { $ref: "#/x-y", "x-y": { type: 1 } },
      told: "schema_invalid /$ref",
    },
    {
      name: "an expression that looks back",
      schema: { patternProperties: { "(a)\\1": true } },
      told: "schema_invalid /patternProperties/(a)\\1",
    },
    { name: "an expression of RE2 alone", schema: { pattern: "(?i)a" }, told: "schema_invalid /pattern" },
    {
      name: "one that repeats too often",
      schema: { pattern: "(a{100}){100}" },
      told: "schema_invalid /pattern",
    },
    { name: "one that is too long", schema: { pattern: "a".repeat(1001) }, told: "schema_invalid /pattern" },
    {
      name: "too many of them",
      schema: { anyOf: Array(3).fill({ pattern: "a{0,900}".repeat(4) }) },
      told: "schema_too_costly ",
    },
    {
      name: "a foreign address for a reference",
      schema: { $ref: "#/a", __absolute_ref__: "x" },
      told: "schema_invalid /__absolute_ref__",
    },
  ])("may not be, or have, $name", ({ schema, told }) => {
    expect(pointerOf(schema)).toBe(told);
  });

  test("that misspells a type is told the types", () => {
    const said = acceptSchema({ properties: { rps: { type: "integr" } } });
    expect(said).toMatchObject({
      detail: expect.stringContaining('/properties/rps/type: It does not match any of ["array"'),
    });
  });

  test("has all that is wrong with it told, up to twenty places", () => {
    const wrong = {
      properties: Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`p${at}`, { pattern: "(" }])),
    };
    const accepted = acceptSchema(wrong);
    expect(accepted.ok ? [] : accepted.errors).toHaveLength(20);
  });

  test("takes expressions as they are written for JavaScript", () => {
    for (const [pattern, fits, fails] of [
      ["^\\p{Lu}\\d{2}$", "Ü12", "ü12"],
      ["^\\u00e9[^\\n]+$", "éa", "é\n"],
      ["^[\\w.-]+\\/x$", "a.b-c/x", "a b/x"],
      ["b", "abc", "acd"],
    ]) {
      const accepted = acceptSchema({ pattern });
      if (!accepted.ok) throw new Error(accepted.detail);
      const judged = [fits, fails].map((text) => judgeBy(accepted.value, text).kind);
      expect([pattern, ...judged]).toEqual([pattern, "fits", "fails"]);
    }
  });
});
