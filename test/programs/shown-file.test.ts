import { existsSync, linkSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { showWhileRunning } from "../../programs/start/shown-file.ts";
import { temporaryFolder } from "../../testkit/processes.ts";

const folder = temporaryFolder("shown-file");
afterAll(() => folder.remove());

test("is put in the place of the former one whole, and so is the former one again", () => {
  const [file, first, second] = ["context.json", "first", "second"].map((name) => join(folder.path, name));
  if (file === undefined || first === undefined || second === undefined) throw new Error("three names");
  writeFileSync(file, "before\n");
  // What holds the former content goes on holding it: nobody writes into a file that is there.
  linkSync(file, first);
  const shown = showWhileRunning(file, "now");
  linkSync(file, second);
  expect([readFileSync(file, "utf8"), readFileSync(first, "utf8")]).toEqual(["now\n", "before\n"]);
  shown.restore();
  expect([readFileSync(file, "utf8"), readFileSync(second, "utf8")]).toEqual(["before\n", "now\n"]);
  expect(existsSync(`${file}.new`)).toBe(false);
});
