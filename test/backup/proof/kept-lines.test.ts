import { describe, expect, test } from "vitest";
import { agreeButCompacted } from "../../../lib/backup/proof/kept-lines.ts";

const put = (key: string, more: object = {}) => ({ op: "put", namespace: "shop", key, ...more });
const commit = (revision: number, changes: object[], more: object = {}) =>
  JSON.stringify({ revision, actor: "a", count: 2, ...more, changes });
const document = (revision: number, key: string, more: object = {}) =>
  JSON.stringify({ revision, ...put(key), ...more });

const cases = [
  {
    name: "an old change that is gone",
    exported: [commit(4, [put("a"), put("b")])],
    live: [commit(4, [put("b")])],
    agree: true,
  },
  {
    name: "a younger change that is gone",
    exported: [commit(6, [put("a"), put("b")])],
    live: [commit(6, [put("b")])],
    agree: false,
  },
  {
    name: "an old change of a namespace that keeps all",
    exported: [commit(4, [{ ...put("a"), namespace: "far" }])],
    live: [commit(4, [])],
    agree: false,
  },
  {
    name: "a change that says something else",
    exported: [commit(4, [put("a", { text: "1" })])],
    live: [commit(4, [put("a", { text: "2" })])],
    agree: false,
  },
  {
    name: "a change that nobody exported",
    exported: [commit(4, [])],
    live: [commit(4, [put("a")])],
    agree: false,
  },
  {
    name: "a commit that is gone",
    exported: [commit(3, []), commit(4, [])],
    live: [commit(4, [])],
    agree: false,
  },
  {
    name: "a commit of another actor",
    exported: [commit(4, [])],
    live: [commit(4, [], { actor: "b" })],
    agree: false,
  },
  {
    name: "an old line of a document that is gone",
    exported: [document(3, "a"), document(9, "a")],
    live: [document(9, "a")],
    agree: true,
  },
  {
    name: "a document whose age is counted anew",
    exported: [document(4, "a", { created: 2, version: 3 })],
    live: [document(4, "a", { created: 4, version: 1 })],
    agree: true,
  },
];

describe("agreeButCompacted, where shop keeps its past from revision 5 on", () => {
  test.each(cases)("$name: $agree", ({ exported, live, agree }) => {
    expect(agreeButCompacted(exported, live, new Map([["shop", 5]]))).toBe(agree);
  });
});
