import { describe, expect, test } from "vitest";
import { fillTemplate, resolveVariables } from "../../../programs/host/spin/variables.ts";

const specs = { a: { default: "from the manifest" }, b_c: { default: undefined } };

describe("resolveVariables", () => {
  test("takes the command line before the environment before the default", () => {
    const environment = { SPIN_VARIABLE_A: "from the environment", SPIN_VARIABLE_B_C: "too" };
    expect(resolveVariables(specs, { given: { a: "given" }, environment })).toEqual({
      a: "given",
      b_c: "too",
    });
    expect(resolveVariables(specs, { given: {}, environment })).toEqual({
      a: "from the environment",
      b_c: "too",
    });
    const none = resolveVariables(specs, { given: {}, environment: {} });
    expect(none).toEqual({ a: "from the manifest", b_c: null });
  });

  test("refuses one that is not declared, by name", () => {
    expect(() => resolveVariables(specs, { given: { nope: "" }, environment: {} })).toThrow("nope");
  });
});

describe("fillTemplate", () => {
  test.each([
    ["plain", "plain"],
    ["<{{ a }}{{a}}>", "<11>"],
    ["{{ missing }}x", null],
    ["\\{{ a \\}}", "{{ a }}"],
  ])("fills %s in", (template, expected) => {
    expect(fillTemplate(template, { a: "1", missing: null })).toBe(expected);
  });

  test.each([["{{ b }}"], ["{{ a"], ["a }}"]])("refuses %s", (template) => {
    expect(() => fillTemplate(template, { a: "1" })).toThrow();
  });
});
