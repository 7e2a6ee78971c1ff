import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Validator } from "@cfworker/json-schema";
import { describe, expect, test } from "vitest";
import { renderHttpDoc } from "../../build/http-doc.ts";
import { root } from "../../testkit/host.ts";
import { description } from "../../testkit/openapi.ts";

const page = readFileSync(join(root, "docs/http.md"), "utf8");
const examples = [...page.matchAll(/```json (\w+)\n([\s\S]*?)```/g)].map(([, name = "", text = ""]) => ({
  name,
  text,
}));

describe("docs/http.md", () => {
  test("has the tables that the routes, parameters, limits and codes give", () => {
    expect(renderHttpDoc(page)).toBe(page);
  });

  test("has an example of every body that a route takes", () => {
    const bodies = Object.keys(description.components.schemas ?? {}).filter((name) => name.endsWith("Body"));
    const shown = new Set(examples.map(({ name }) => name));
    // A grant stands inside a token; a rotation is a digest.
    expect(bodies.filter((name) => !shown.has(name))).toEqual(["GrantBody", "RotateBody"]);
  });

  test.each(examples)("shows $name as its schema has it", ({ name, text }) => {
    const { schemas } = description.components;
    const schema = { $ref: `#/components/schemas/${name}`, components: { schemas } };
    expect(Object.keys(schemas ?? {})).toContain(name);
    expect(new Validator(schema, "2020-12", false).validate(JSON.parse(text)).errors).toEqual([]);
  });
});
