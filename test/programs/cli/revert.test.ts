/** What `ledge revert` says before it deletes, and what it takes for a yes. */
import { beforeAll, describe, expect, test } from "vitest";
import { serveCommand } from "../../../testkit/served-command.ts";
import { HAS_TERMINAL, ledgeAtTerminal } from "../../../testkit/terminal.ts";

const { ledge, data } = serveCommand("revert");

/** The revision that made the documents. */
let made = 0;

beforeAll(async () => {
  await ledge(["ns", "put", "shop"]);
  const values = JSON.stringify({ "in/a": 1, "in/b": 2, c: 3 });
  const ran = await ledge(["import", "-", "-n", "shop", "-o", "json"], { stdin: values });
  made = JSON.parse(ran.stdout).revision;
});

describe("ledge revert", () => {
  test("says how many of the documents it deletes", async () => {
    const plan = await ledge(["revert", String(made), "--plan"]);
    expect([plan.status, plan.stderr]).toEqual([
      8,
      expect.stringContaining("3 documents to put back, 3 of them to delete"),
    ]);
    const unasked = await ledge(["revert", String(made)]);
    expect([unasked.status, unasked.stderr]).toEqual([
      2,
      expect.stringContaining("Put 3 documents back, and delete 3 of them"),
    ]);
  });

  test("refuses a key that never was, and names the prefix", async () => {
    const ran = await ledge(["revert", "shop/in", "--to", String(made - 1), "--plan"]);
    expect([ran.status, ran.stderr]).toEqual([
      3,
      expect.stringMatching(/nothing is known of shop\/in \(not_found\)\n.*shop\/in\//),
    ]);
    const known = await ledge(["revert", "shop/c", "--to", String(made), "--plan"]);
    expect([known.status, known.stderr]).toEqual([0, expect.stringContaining("nothing to do")]);
  });

  test("refuses a revision with --to, as wrong use", async () => {
    const ran = await ledge(["revert", "8", "--to", String(made)]);
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining("8 is a revision")]);
  });

  test.runIf(HAS_TERMINAL)("takes no letter but y for a yes", async () => {
    const seen = await ledgeAtTerminal(["--data", data, "revert", String(made)], {
      typed: { after: "of them?", keys: "clear\r" },
    });
    expect([seen.status, seen.screen]).toEqual([1, expect.stringContaining("given up")]);
    expect((await ledge(["get", "shop/c"])).stdout).toBe("3");
  });

  test("says where the texts of a long plan end", async () => {
    await ledge(["ns", "put", "long"]);
    const values = JSON.stringify(Object.fromEntries(Array.from({ length: 52 }, (_, at) => [`k${at}`, at])));
    const ran = await ledge(["import", "-", "-n", "long", "-o", "json"], { stdin: values });
    const plan = await ledge(["revert", String(JSON.parse(ran.stdout).revision), "--plan"]);
    expect(plan.stdout.match(/^--- /gm)).toHaveLength(50);
    expect(plan.stderr).toContain("without the texts of the last 2");
  });
});
