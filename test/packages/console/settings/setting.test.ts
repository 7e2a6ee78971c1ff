import { describe, expect, test } from "vitest";
import { memberAt, withMember } from "../../../../packages/console/views/settings/member.ts";

describe("withMember", () => {
  const policy = { budgets: { keysChanged: 2 }, freeze: [], other: 1 };

  test("puts a member in its place, and leaves all others", () => {
    const next = withMember(policy, "/budgets/keysChanged", 3);
    expect(JSON.stringify(next)).toBe('{"budgets":{"keysChanged":3},"freeze":[],"other":1}');
    expect(memberAt(next, "/budgets/keysChanged")).toBe(3);
    expect(memberAt(next, "/budgets/none")).toBeUndefined();
  });

  test("takes away a member, and what is empty without it", () => {
    expect(withMember(policy, "/budgets/keysChanged", undefined)).toEqual({ freeze: [], other: 1 });
    expect(withMember({}, "/quota/keys", undefined)).toEqual({});
  });

  test("makes what lies on the way", () => {
    expect(withMember({}, "/quota/bytes", 0)).toEqual({ quota: { bytes: 0 } });
  });
});
