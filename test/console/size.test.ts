/** What a browser has to load of the console: in all, and for its first view. */
import { expect, test } from "vitest";
import { buildConsole, packed } from "../../build/console.ts";
import { root } from "../../testkit/processes.ts";

const files = await buildConsole(root);
const sizes = new Map(
  await Promise.all(files.map(async ({ name, content }) => [name, (await packed(content)).length] as const)),
);

test("the console has at most 170 KB, compressed", () => {
  expect(sizes.size).toBeGreaterThan(10);
  expect([...sizes.values()].reduce((sum, size) => sum + size, 0)).toBeLessThan(170_000);
});

test("its first view has at most 60 KB, compressed", () => {
  const page = files.find(({ name }) => name === "index.html");
  const named = [
    ...Buffer.from(page?.content ?? [])
      .toString()
      .matchAll(/\/console\/assets\/([^"]+)"/g),
  ];
  const first = ["index.html", ...named.map(([, name = ""]) => name)];
  expect(first.length).toBeGreaterThan(3);
  expect(
    first.map((name) => sizes.get(name) ?? Number.NaN).reduce((sum, size) => sum + size, 0),
  ).toBeLessThan(60_000);
});

test("the same sources give the same bytes", async () => {
  const again = await buildConsole(root);
  expect(again.map(({ name }) => name)).toEqual(files.map(({ name }) => name));
  for (const [at, { content }] of again.entries())
    expect(Buffer.from(content).equals(Buffer.from(files[at]?.content ?? []))).toBe(true);
});
