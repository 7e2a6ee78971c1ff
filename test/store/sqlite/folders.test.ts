import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeFolders } from "../../../lib/store/sqlite/folders.ts";
import { testFolder } from "../../../testkit/host.ts";

describe("makeFolders", () => {
  test("makes what is missing, and says which", () => {
    const at = testFolder();
    const [outer, inner] = [join(at, "a"), join(at, "a", "b")];
    expect(makeFolders(inner, 0o700)).toEqual([outer, inner]);
    expect(statSync(inner).mode & 0o777).toBe(0o700);
    expect(makeFolders(inner)).toEqual([]);
  });

  test("takes a link to a folder, and one that cannot be listed", () => {
    const at = testFolder();
    mkdirSync(join(at, "real"));
    symlinkSync(join(at, "real"), join(at, "link"));
    expect(makeFolders(join(at, "link", "in"))).toHaveLength(1);
    expect(existsSync(join(at, "real", "in"))).toBe(true);
    chmodSync(join(at, "real"), 0o300);
    expect(makeFolders(join(at, "link"))).toEqual([]);
  });

  test.each([
    { name: "below a file system that makes none", path: () => "/proc/none/here", code: "ENOENT" },
    { name: "of a file", path: (file: string) => file, code: "EEXIST" },
    { name: "below a file", path: (file: string) => join(file, "x"), code: "ENOTDIR" },
    { name: "of a device", path: () => "/dev/null", code: "EEXIST" },
    {
      name: "of a link to nothing",
      path(file: string) {
        symlinkSync("/nonexistent/there", `${file}.link`);
        return `${file}.link`;
      },
      code: "EEXIST",
    },
  ])("throws what the file system says $name", ({ path, code }) => {
    const file = join(testFolder(), "file");
    writeFileSync(file, "");
    expect(() => makeFolders(path(file))).toThrow(expect.objectContaining({ code }));
  });
});
