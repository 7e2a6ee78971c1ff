import { join, normalize } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatFileName, parseFileName } from "../../lib/core/file-name.ts";

describe("formatFileName", () => {
  const cases = [
    { key: "limits/api", mediaType: "application/json", path: "limits/api.json" },
    { key: "banner", mediaType: "text/plain", path: "banner.txt" },
    { key: "a//b/", mediaType: "application/json", path: "a/%00/b/%00.json" },
    { key: "../../etc/passwd", mediaType: "text/plain", path: "%2E%2E/%2E%2E/etc/passwd.txt" },
    { key: ".hidden", mediaType: "application/json", path: "%2Ehidden.json" },
    { key: "x.json", mediaType: "application/json", path: "x.json.json" },
    { key: "x.json/y", mediaType: "application/json", path: "x%2Ejson/y.json" },
    { key: "é b\\c", mediaType: "application/json", path: "%C3%A9%20b%5Cc.json" },
    { key: "logo", mediaType: "image/svg+xml", path: "logo.type-image%2Fsvg+xml" },
  ];
  for (const { key, mediaType, path } of cases) {
    test(`writes ${JSON.stringify(key)} as ${path}`, () => {
      expect(formatFileName({ key, mediaType })).toBe(path);
      expect(parseFileName(path)).toEqual({ key, mediaType });
    });
  }

  test("breaks a key of 1,024 bytes into pieces that every file system takes", () => {
    const key = "é".repeat(512);
    const path = formatFileName({ key, mediaType: "application/json" });
    for (const name of path.split("/")) expect(name.length).toBeLessThan(256);
    expect(parseFileName(path)).toEqual({ key, mediaType: "application/json" });
  });

  const key = fc
    .array(
      fc.constantFrom(
        "a",
        "B",
        ".",
        "..",
        "/",
        "%",
        "+",
        "é",
        "\u{1f600}",
        ".json",
        ".type-x",
        " ",
        "\\",
        ":",
        "x".repeat(150),
      ),
      { minLength: 1, maxLength: 12 },
    )
    .map((parts) => parts.join(""));
  const mediaType = fc.constantFrom(
    "application/json",
    "text/plain",
    "image/png",
    "text/x; charset=utf-8",
    "application/vnd.type-x",
  );

  test("always comes back as the same key, and never leaves its folder", () => {
    fc.assert(
      fc.property(key, mediaType, (k, type) => {
        const path = formatFileName({ key: k, mediaType: type });
        expect(parseFileName(path)).toEqual({ key: k, mediaType: type });
        expect(normalize(join("/folder", path))).toBe(`/folder/${path}`);
      }),
    );
  });

  test("never gives two documents one name, nor one's folder to another's file", () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { minLength: 2, maxLength: 6 }), mediaType, (keys, type) => {
        const paths = keys.map((k) => formatFileName({ key: k, mediaType: type }));
        expect(new Set(paths).size).toBe(paths.length);
        for (const path of paths) for (const other of paths) expect(other.startsWith(`${path}/`)).toBe(false);
      }),
    );
  });
});

describe("parseFileName", () => {
  test("keeps an unknown extension in the key, without a media type", () => {
    expect(parseFileName("nginx/site.conf")).toEqual({ key: "nginx/site.conf", mediaType: undefined });
  });

  test("refuses what no key gives", () => {
    for (const path of ["../x.json", "a/./b.json", "a//b.json", "%zz.json", "%ff.json", "a%00b.json"]) {
      expect([path, parseFileName(path)]).toEqual([path, undefined]);
    }
  });
});
