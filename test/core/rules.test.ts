import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeLineage, judgeRevision } from "../../lib/core/ancestry.ts";
import { decodeAddressSafe, decodeBase64, encodeAddressSafe } from "../../lib/core/base64.ts";
import { parseTagList } from "../../lib/core/conditions.ts";
import { formatCursor, parseCursor } from "../../lib/core/cursor.ts";
import { type Grant, mayGive, type Verb } from "../../lib/core/grant.ts";
import { judgeKey } from "../../lib/core/key.ts";
import { parseMediaType } from "../../lib/core/media-type.ts";
import { formatEtag, parseEtag } from "../../lib/core/revision.ts";
import { scopeCoversKey, scopeCoversScope } from "../../lib/core/scope.ts";
import { formatToken, newToken, parseToken } from "../../lib/core/token.ts";
import { compareUtf8, decodeUtf8, encodeUtf8, utf8Length } from "../../lib/core/utf8.ts";
import { VERSION } from "../../lib/core/version.ts";
import packageJson from "../../package.json" with { type: "json" };

const bytes = fc.uint8Array({ maxLength: 200 });
const text = fc.string({ unit: "binary", maxLength: 40 });
const scope = fc.stringMatching(/^([ab]{1,2}\/){0,2}[ab]{0,2}$/);

describe("UTF-8", () => {
  test("is judged as strictly as TextDecoder does", () => {
    const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const wild = fc.oneof(
      bytes,
      fc
        .constantFrom([0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82])
        .map((b) => new Uint8Array(b)),
      text.map((one) => new TextEncoder().encode(one)),
    );
    fc.assert(
      fc.property(wild, (one) => {
        let wanted: string | undefined;
        try {
          wanted = strict.decode(one);
        } catch {
          wanted = undefined;
        }
        expect(decodeUtf8(one)).toBe(wanted);
      }),
    );
  });

  test("is made, measured and ordered as by Buffer", () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        const [a, b] = [Buffer.from(one), Buffer.from(other)];
        expect(Buffer.from(encodeUtf8(one))).toEqual(a);
        expect(utf8Length(one)).toBe(a.length);
        expect(Math.sign(compareUtf8(one, other))).toBe(Buffer.compare(a, b));
      }),
    );
  });
});

describe("base64", () => {
  test("reads what Buffer writes, and nothing else", () => {
    fc.assert(
      fc.property(bytes, (one) => {
        expect(decodeBase64(Buffer.from(one).toString("base64"))).toEqual(one);
        expect(encodeAddressSafe(one)).toBe(Buffer.from(one).toString("base64url"));
        expect(decodeAddressSafe(encodeAddressSafe(one))).toEqual(one);
      }),
    );
    for (const wrong of ["A", "AB", "AB=", "A===", "AB=C", "A B=", "AR==", "-_=="]) {
      expect([wrong, decodeBase64(wrong)]).toEqual([wrong, undefined]);
    }
  });
});

describe("keys", () => {
  test("are any UTF-8 of 1 to 1,024 bytes without control characters", () => {
    for (const good of ["a", " ", "a//b", "..", "ü\u{10ffff}".slice(0, 1), "%", "\\", "é", "k".repeat(1024)])
      expect(judgeKey(good).ok).toBe(true);
    for (const bad of [
      "",
      "\0",
      "a\n",
      "\u007f",
      "\u0085",
      "\ud800",
      "\ufffe",
      "\u{1ffff}",
      "\ufdd0",
      "k".repeat(1025),
      "ü".repeat(513),
    ]) {
      expect([bad.slice(0, 5), judgeKey(bad).ok]).toEqual([bad.slice(0, 5), false]);
    }
  });
});

describe("scopes", () => {
  test("cover a scope only if they cover every key of it", () => {
    fc.assert(
      fc.property(scope, scope, scope, (outer, inner, key) => {
        if (scopeCoversScope(outer, inner) && scopeCoversKey(inner, key))
          expect(scopeCoversKey(outer, key)).toBe(true);
      }),
      { numRuns: 2000 },
    );
    expect(scopeCoversKey("a", "ab")).toBe(false);
    expect(scopeCoversKey("a/", "a")).toBe(false);
    expect(scopeCoversScope("a", "a/")).toBe(false);
    expect(scopeCoversScope("a/", "")).toBe(false);
  });
});

describe("grants", () => {
  test("are given only by who holds each verb and admin over the same keys", () => {
    const own: Grant[] = [{ verbs: ["admin", "read"], namespace: "shop", scope: "a/" }];
    const give = (verbs: Verb[], namespace: string, given: string) =>
      mayGive(own, { verbs, namespace, scope: given });
    expect(give(["read"], "shop", "a/b")).toBe(true);
    expect(give(["write"], "shop", "a/b")).toBe(false);
    expect(give(["read"], "shop", "ab")).toBe(false);
    expect(give(["read"], "*", "a/")).toBe(false);
    expect(
      mayGive([{ verbs: ["admin", "read"], namespace: "*", scope: "" }], {
        verbs: ["read"],
        namespace: "_auth",
        scope: "",
      }),
    ).toBe(false);
  });
});

describe("tokens", () => {
  test("are read back, and one changed character is found out", () => {
    const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
    fc.assert(
      fc.property(fc.nat(), (at) => {
        const token = newToken(random);
        const written = formatToken(token);
        expect(parseToken(written)).toEqual(token);
        const place = at % written.length;
        const other = written.charAt(place) === "x" ? "y" : "x";
        expect(parseToken(written.slice(0, place) + other + written.slice(place + 1))).toBeUndefined();
      }),
    );
  });
});

describe("ETags and lists of them", () => {
  test("are read back", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (revision) => {
        const etag = formatEtag(revision, "0123456789abcdef".repeat(2));
        expect(parseEtag(etag)).toEqual({ revision, lineage: "01234567" });
        expect(parseTagList("If-Match", `${etag}, W/${etag} ,"x"`)).toEqual({
          ok: true,
          value: [
            { tag: etag, weak: false },
            { tag: etag, weak: true },
            { tag: '"x"', weak: false },
          ],
        });
      }),
    );
    for (const wrong of ["", "x", '"a', 'a"', '"a" "b"', '*, "a"', 'w/"a"']) {
      expect([wrong, parseTagList("If-Match", wrong).ok]).toEqual([wrong, false]);
    }
  });
});

describe("cursors", () => {
  test("are read back, for their own filter alone", () => {
    fc.assert(
      fc.property(text, text, fc.nat(), (after, filter, revision) => {
        const cursor = {
          kind: "list" as const,
          lineage: "0123456789abcdef".repeat(2),
          revision,
          filter: [filter, null],
          after,
        };
        const written = formatCursor(cursor);
        expect(parseCursor(written, cursor)).toEqual({ ok: true, value: cursor });
        expect(parseCursor(written, { ...cursor, filter: [`${filter}x`, null] }).ok).toBe(false);
        expect(parseCursor(written, { ...cursor, kind: "feed" }).ok).toBe(false);
      }),
    );
  });

  test("that are not ours are refused, whatever they are", () => {
    fc.assert(
      fc.property(text, (one) => {
        expect(parseCursor(one, { kind: "list", filter: [] }).ok).toBe(false);
      }),
    );
  });
});

describe("ancestry", () => {
  const [old, now] = ["a".repeat(32), "b".repeat(32)];
  const history = {
    lives: [
      { lineage: old, firstRevision: 1, parentRevision: null },
      { lineage: now, firstRevision: 1000, parentRevision: 100 },
    ],
    head: 1005,
  };
  test.each([
    { revision: 100, told: "ok" },
    { revision: 101, told: "revision_lost" },
    { revision: 999, told: "revision_lost" },
    { revision: 1000, told: "ok" },
    { revision: 1005, told: "ok" },
    { revision: 1006, told: "revision_unknown" },
  ])("says of revision $revision: $told", ({ revision, told }) => {
    const judged = judgeRevision(history, revision);
    expect(judged.ok ? "ok" : judged.code).toBe(told);
  });
  test.each([
    { lineage: old, revision: 100, told: "ok" },
    { lineage: old, revision: 101, told: "lineage" },
    { lineage: now, revision: 1005, told: "ok" },
    { lineage: "c".repeat(32), revision: 1, told: "lineage" },
  ])("says of $lineage at $revision: $told", ({ lineage, revision, told }) => {
    const judged = judgeLineage(history, lineage, revision);
    expect(judged.ok ? "ok" : judged.code).toBe(told);
  });
});

describe("media types", () => {
  test("are kept in one spelling", () => {
    const spelled = (given: string) => {
      const type = parseMediaType(given);
      return type.ok ? type.value.text : type.code;
    };
    expect(spelled("Text/Plain;Charset=UTF-8")).toBe("text/plain; charset=utf-8");
    expect(spelled('text/plain; charset="utf-8"')).toBe("text/plain; charset=utf-8");
    expect(spelled("application/vnd.x+json")).toBe("application/vnd.x+json");
    expect(spelled("text/plain; x")).toBe("media_type");
    expect(spelled("text/plain\r\nx: y")).toBe("media_type");
  });
});

test("the version is package.json's", () => expect(VERSION).toBe(packageJson.version));
