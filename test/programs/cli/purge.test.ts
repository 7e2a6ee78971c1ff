import { describe, expect, test } from "vitest";
import { serveCommand } from "../../../testkit/served-command.ts";
import { HAS_TERMINAL, ledgeAtTerminal } from "../../../testkit/terminal.ts";

const { ledge, data } = serveCommand("purge");

const readBack = async (name: string) => (await ledge(["get", name])).stdout;

describe("ledge purge", () => {
  test("refuses where nobody can be asked, and says how to say yes", async () => {
    await ledge(["put", "demo/quiet", "hunter2"]);
    const ran = await ledge(["purge", "demo/quiet", "-m", "pasted"]);
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining("--yes")]);
    expect(ran.stderr).toContain("nothing was changed");
    expect(await readBack("demo/quiet")).toBe("hunter2");
    expect((await ledge(["purge", "demo/quiet", "-m", "pasted", "--yes"])).status).toBe(0);
    expect((await ledge(["get", "demo/quiet"])).status).toBe(3);
  });

  test("says what is kept, and what is erased", async () => {
    await ledge(["put", "demo/kept", "hunter2"]);
    await ledge(["put", "demo/kept", "clean", "--if", "any"]);
    const kept = await ledge(["purge", "demo/kept", "-m", "pasted", "--keep-current", "--yes"]);
    expect([kept.status, await readBack("demo/kept")]).toEqual([0, "clean"]);
    expect(kept.stderr).toMatch(
      /every earlier value of demo\/kept since revision \d+ is erased from the store; the present one is kept, as revision \d+/,
    );
    const gone = await ledge(["purge", "demo/kept", "-m", "pasted", "--yes"]);
    expect(gone.stderr).toMatch(/every value of demo\/kept since revision \d+ is erased from the store\n/);
  });

  test.skipIf(!HAS_TERMINAL)("takes the end of input, Ctrl-C and no for the same answer", async () => {
    await ledge(["put", "demo/left", "hunter2"]);
    const args = ["--data", data, "purge", "demo/left", "-m", "pasted"];
    for (const keys of ["\u0004", "\u0003", "n"]) {
      const ran = await ledgeAtTerminal(args, { typed: { after: "ever had?", keys } });
      expect([keys, ran.status, ran.screen]).toEqual([
        keys,
        1,
        expect.stringContaining("given up; nothing was changed"),
      ]);
    }
    expect(await readBack("demo/left")).toBe("hunter2");
  });

  test.skipIf(!HAS_TERMINAL)(
    "shows at a terminal what will be gone, and takes no for an answer",
    async () => {
      await ledge(["put", "demo/asked", "hunter2"]);
      const args = ["--data", data, "purge", "demo/asked", "-m", "pasted"];
      const no = await ledgeAtTerminal(args, { typed: { after: "ever had?", keys: "n" } });
      expect(no.status).toBe(1);
      for (const words of [
        /gone: the present value \(revision \d+, 7 B/,
        /every earlier value/,
        /each restore point/,
      ])
        expect(no.screen).toMatch(words);
      expect(no.screen).not.toContain("hunter2");
      expect(await readBack("demo/asked")).toBe("hunter2");
      const yes = await ledgeAtTerminal(args, { typed: { after: "ever had?", keys: "y" } });
      expect(yes.status).toBe(0);
      expect((await ledge(["get", "demo/asked"])).status).toBe(3);
    },
  );
});
