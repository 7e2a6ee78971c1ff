/** The pictures of docs/console.md can be taken; `npm run pictures` takes them anew into docs/console. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NO_BROWSER } from "../../testkit/chromium.ts";
import { takePictures } from "../../testkit/console-pictures.ts";
import { testFolder } from "../../testkit/host.ts";
import { root } from "../../testkit/processes.ts";

const DOCS = join(root, "docs", "console");

test.skipIf(NO_BROWSER !== undefined)("the console's pictures are taken of a server that runs", async () => {
  const folder = process.env.LEDGE_PICTURES === "1" ? DOCS : testFolder();
  await takePictures(folder);
  const text = readFileSync(join(root, "docs", "console.md"), "utf8");
  const named = [...text.matchAll(/\(console\/(\w+\.png)\)/g)].map(([, name = ""]) => name);
  expect(named.length).toBeGreaterThan(2);
  for (const name of named) expect([name, statSync(join(folder, name)).size > 10_000]).toEqual([name, true]);
});
