import { describe, expect, test } from "vitest";
import { fitRows } from "../../../programs/cli/fitted-rows.ts";
import { seededRandom } from "../../../testkit/random.ts";
import { serveCommand } from "../../../testkit/served-command.ts";
import { HAS_TERMINAL, ledgeAtTerminal } from "../../../testkit/terminal.ts";

/** How wide a table of these rows is. */
function widthOf(rows: readonly (readonly string[])[]): number {
  const widest = (at: number) =>
    Math.max(...rows.flatMap((row) => (row[at] ?? "").split("\n")).map((line) => [...line].length));
  return (rows[0] ?? []).reduce((width, _, at) => width + widest(at) + (at === 0 ? 0 : 2), 0);
}

describe("fitRows", () => {
  test("leaves what fits as it is", () => {
    const rows = [
      ["a", "b c, d/e "],
      ["key", "x"],
    ];
    expect(fitRows(rows, 14)).toEqual([
      ["a", "b c, d/e"],
      ["key", "x"],
    ]);
  });

  test("breaks the widest column between its words, and keeps the others", () => {
    const row = ["k7qd2mzpx4ab", "admin", "read,write,admin:shop-prod/limits/"];
    expect(fitRows([row], 38)).toEqual([["k7qd2mzpx4ab", "admin", "read,write,\nadmin:shop-prod/\nlimits/"]]);
  });

  test("breaks no word, as long as another column can give way", () => {
    const row = ["2027-01-31T12:00:00.000Z", "read,write,admin:shop-prod/limits/"];
    expect(fitRows([row], 44)).toEqual([[row[0], "read,write,\nadmin:shop-prod/\nlimits/"]]);
  });

  test("breaks inside a word where nothing else does, down to eight characters", () => {
    expect(fitRows([["x".repeat(20), "ü".repeat(10)]], 20)).toEqual([
      ["xxxxxxxxx\nxxxxxxxxx\nxx", "üüüüüüüüü\nü"],
    ]);
    expect(fitRows([["x".repeat(9)]], 1)).toEqual([["xxxxxxxx\nx"]]);
  });

  test("always fits, and loses nothing but white space", () => {
    const random = seededRandom(20_270_131);
    const letters = ["a", "é", "/", ",", " ", "-", "😀"] as const;
    for (let nth = 0; nth < 100; nth += 1) {
      const cell = () =>
        Array.from({ length: random.below(60) }, () => random.pick([...letters]))
          .join("")
          .trim();
      const rows = Array.from({ length: 3 }, () => [cell(), cell(), cell()]);
      const fitted = fitRows(rows, 40);
      expect(widthOf(fitted)).toBeLessThanOrEqual(40);
      const bare = (table: readonly (readonly string[])[]) => table.flat().join("|").replace(/\s/g, "");
      expect(bare(fitted)).toBe(bare(rows));
    }
  });
});

describe.skipIf(!HAS_TERMINAL)("a table at a terminal", () => {
  const { ledge, data } = serveCommand("tables");

  test.each([{ line: "token ls" }, { line: "restore --plan" }])(
    "fits its 80 columns: ledge $line",
    async ({ line }) => {
      expect((await ledge(["backup", "run"])).status).toBe(0);
      const { screen } = await ledgeAtTerminal(["--data", data, ...line.split(" ")], { columns: 80 });
      const lines = screen.split(/\r?\n/);
      expect(lines.length).toBeGreaterThan(2);
      expect(lines.filter((one) => one.length > 80)).toEqual([]);
      // Piped, a row is a line, however long.
      const { stdout } = await ledge(line.split(" "));
      expect(stdout.split("\n").some((one) => one.length > 80)).toBe(true);
    },
  );
});
