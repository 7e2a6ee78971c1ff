import { describe, expect, test } from "vitest";
import { withoutReferences } from "../../../../packages/console/editor/references.ts";

describe("withoutReferences", () => {
  test("puts what is referred to in its place, by pointers and by anchors", () => {
    const schema = {
      $defs: { "a/b": { type: "string" }, c: { $anchor: "c", $ref: "#/$defs/a~1b", minLength: 1 } },
      properties: { x: { $ref: "#/$defs/a~1b", title: "mine" }, y: { $ref: "#c" } },
    };
    expect(withoutReferences(schema)).toMatchObject({
      properties: { x: { type: "string", title: "mine" }, y: { type: "string", minLength: 1 } },
    });
  });

  test("ends for schemas that lead to themselves or nowhere", () => {
    const round = { $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } }, $ref: "#" };
    expect(withoutReferences(round)).toMatchObject({ $defs: {} });
    expect(withoutReferences({ items: { $ref: "#/__proto__/constructor" } })).toEqual({ items: {} });
  });

  test("leaves a tree of itself one that goes on", () => {
    const tree = { properties: { name: { type: "string" }, below: { items: { $ref: "#" } } } };
    expect(withoutReferences(tree)).toHaveProperty(
      "properties.below.items.properties.below.items.properties",
    );
  });
});
