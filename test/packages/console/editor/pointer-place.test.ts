import { describe, expect, test } from "vitest";
import { placeInText } from "../../../../packages/console/editor/pointer-place.ts";

const JSON_TEXT = '{"a/b": {"list": [1, {"x~": "here"}]}, "__proto__": 5}';
const YAML_TEXT = "a:\n  b: 1\nc:\n  - b: 2\n";

describe("placeInText", () => {
  const places = [
    { name: "a value below a name with a slash", text: JSON_TEXT, pointer: "/a~1b/list/1/x~0", at: '"here"' },
    { name: "a name that every object has", text: JSON_TEXT, pointer: "/__proto__", at: "5" },
    { name: "what should hold a member that is missing", text: JSON_TEXT, pointer: "/a~1b/gone", at: "{" },
    { name: "all of it", text: JSON_TEXT, pointer: "", at: "{" },
  ];
  for (const { name, text, pointer, at } of places)
    test(`finds ${name}`, () => {
      const place = placeInText(text, pointer, "json");
      expect(place && text.slice(place.from, place.to)).toBe(at);
    });

  test("finds a name in YAML behind the one that holds it", () => {
    expect(placeInText(YAML_TEXT, "/c/0/b", "yaml")).toEqual({ from: 17, to: 18 });
  });

  test("says nothing of what it does not find", () => {
    expect(placeInText("x", "/a", "yaml")).toBeUndefined();
    expect(placeInText("", "/a", "json")).toBeUndefined();
  });
});
