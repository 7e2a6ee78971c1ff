/** `ledge plan`, `apply`, `put --plan` and `revert`: one server for all of them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { serveCommand } from "../../../testkit/served-command.ts";
import { HAS_TERMINAL, ledgeAtTerminal } from "../../../testkit/terminal.ts";

const { ledge, folder, data } = serveCommand("plan");

let nth = 0;
let name = "";
let source = "";

async function put(key: string, value: string): Promise<number> {
  const ran = await ledge(["put", `${name}/${key}`, value, "--if", "any", "-o", "json"]);
  if (ran.status !== 0) throw new Error(ran.stderr);
  return JSON.parse(ran.stdout).revision;
}

const get = async (key: string) => {
  const ran = await ledge(["get", `${name}/${key}`]);
  return ran.status === 0 ? ran.stdout : ran.status;
};

function write(files: Record<string, string>): void {
  mkdirSync(source, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(source, file), text);
}

beforeEach(async () => {
  nth += 1;
  name = `planned-${nth}`;
  source = join(folder, name);
  await ledge(["ns", "put", name]);
});

describe("ledge plan and apply", () => {
  test("show what the server says, and carry out exactly that", async () => {
    await put("gone", "x");
    await put("rps.json", "10");
    write({ "rps.json": "1000", "new.txt": "hello", "db-password.txt": "hunter2" });
    const args = [source, "-n", name, "--prune"];
    const plan = await ledge(["plan", ...args, "--diff"]);
    expect(plan.status).toBe(8);
    expect(plan.stdout.match(/^[-+~] \S+/gm)).toEqual([
      `+ ${name}/db-password.txt`,
      `+ ${name}/new.txt`,
      `~ ${name}/rps.json`,
      `- ${name}/gone`,
    ]);
    expect(plan.stdout).toContain("-10\n");
    expect(plan.stderr).toContain("2 to create, 1 to change, 1 to delete");
    expect(plan.stderr).toContain(`${name}/rps.json: The number would be about 100 times as large.`);
    expect(await get("gone")).toBe("x");
    const { planDigest, ok, warnings } = JSON.parse((await ledge(["plan", ...args, "-o", "json"])).stdout);
    expect([ok, plan.stderr.includes(planDigest)]).toEqual([true, true]);
    expect(warnings.map(({ code, key }: Record<string, string>) => `${code} ${key}`)).toContain(
      "large_step rps.json",
    );
    const unasked = await ledge(["apply", ...args]);
    expect([unasked.status, unasked.stderr]).toEqual([2, expect.stringContaining("--yes")]);
    const other = await ledge(["apply", source, "-n", name, "--plan-digest", planDigest]);
    expect([other.status, other.stderr]).toEqual([5, expect.stringContaining("plan_changed")]);
    const applied = await ledge(["apply", ...args, "--plan-digest", planDigest]);
    expect([applied.status, applied.stderr]).toEqual([
      0,
      expect.stringContaining("2 created, 1 changed, 1 deleted"),
    ]);
    expect([await get("gone"), await get("rps.json")]).toEqual([3, "1000"]);
    const again = await ledge(["plan", ...args]);
    expect([again.status, again.stdout]).toEqual([0, ""]);
    expect((await ledge(["apply", ...args])).stderr).toContain("nothing to do");
  });

  test("name everything that the server would refuse, and write nothing", async () => {
    await ledge(["ns", "put", name, "--quota-keys", "1", "--message-required"]);
    write({ "a.txt": "a", "b.txt": "b" });
    const plan = await ledge(["plan", source, "-n", name]);
    expect(plan.status).toBe(6);
    expect(plan.stderr).toContain("message_required");
    expect(plan.stderr).toContain("quota_exceeded");
    expect(plan.stderr).toContain(`${name}/a.txt: `);
    const applied = await ledge(["apply", source, "-n", name, "--yes"]);
    expect([applied.status, applied.stderr]).toEqual([6, expect.stringContaining("nothing was written")]);
  });
});

describe("ledge put --plan", () => {
  test("shows what would change and what to look at, and writes nothing", async () => {
    const revision = await put("limit", "5");
    const plan = await ledge(["put", `${name}/limit`, "500", "--if", "any", "--plan"]);
    expect([plan.status, plan.stdout]).toEqual([8, expect.stringContaining("-5\n")]);
    expect(plan.stderr).toContain("about 100 times as large");
    expect(await get("limit")).toBe("5");
    const same = await ledge(["put", `${name}/limit`, "5", "--if", "any", "--plan"]);
    expect([same.status, same.stdout]).toEqual([0, ""]);
    const unnamed = await ledge(["put", `${name}/limit`, "6", "--plan"]);
    expect([unnamed.status, unnamed.stderr]).toEqual([5, expect.stringContaining("precondition_required")]);
    const json = JSON.parse((await ledge(["put", `${name}/new`, "6", "--plan", "-o", "json"])).stdout);
    expect(json).toMatchObject({ ok: true, head: revision, changes: [{ result: "created" }] });
  });
});

describe("ledge revert", () => {
  test("undoes commits, by its plan, and settles what was changed again", async () => {
    await put("a", "one");
    const undone = await put("a", "two");
    const plan = await ledge(["revert", String(undone), "--plan"]);
    expect(plan.status).toBe(8);
    expect(plan.stdout).toContain(`~ ${name}/a  3 B`);
    expect(plan.stdout).toMatch(/^-two\n(\\.*\n)?\+one$/m);
    const unasked = await ledge(["revert", String(undone)]);
    expect([unasked.status, unasked.stderr]).toEqual([2, expect.stringContaining("--yes")]);
    const later = await put("a", "three");
    const refused = await ledge(["revert", String(undone), "--yes"]);
    expect([refused.status, refused.stderr]).toEqual([
      5,
      expect.stringContaining(`${name}/a: a was changed again in revision ${later}`),
    ]);
    expect(refused.stderr).toContain("--theirs");
    const left = await ledge(["revert", String(undone), "--theirs", "--plan"]);
    expect([left.status, left.stderr]).toEqual([0, expect.stringContaining("nothing to do")]);
    const made = await ledge(["revert", String(undone), "--ours", "--yes", "-o", "json"]);
    expect(made.status).toBe(0);
    expect(await get("a")).toBe("one");
    const { revision } = JSON.parse(made.stdout);
    expect((await ledge(["show", String(revision)])).stdout).toContain(`revert of revision ${undone}`);
  });

  test("puts a prefix or one document back to a revision or a moment", async () => {
    const start = await put("in/a", "1");
    await put("in/a", "2");
    await put("in/b", "2");
    await put("out", "2");
    expect((await ledge(["revert", `${name}/in/`, "--to", String(start), "--yes"])).status).toBe(0);
    expect([await get("in/a"), await get("in/b"), await get("out")]).toEqual(["1", 3, "2"]);
    expect((await ledge(["revert", `${name}/out`, "--to", String(start), "--yes"])).status).toBe(0);
    const all = await ledge(["revert", name, "--to", "2h ago", "--plan", "-o", "json"]);
    expect([all.status, JSON.parse(all.stdout).changes]).toEqual([
      8,
      [expect.objectContaining({ key: "in/a", result: "deleted" })],
    ]);
  });

  test("refuses by name what does not go together", async () => {
    for (const args of [
      ["41", name],
      ["41", "--ours", "--theirs"],
      [name],
      [name, "41", "--to", "3"],
      [name, "--to", "3", "--ours"],
      [name, "--to", "head"],
      ["41", "--plan", "--yes"],
    ])
      expect([args, (await ledge(["revert", ...args])).status]).toEqual([args, 2]);
  });

  test.runIf(HAS_TERMINAL)("asks a person, who sees the plan in colours", async () => {
    await put("a", "one");
    const undone = await put("a", "two");
    const seen = await ledgeAtTerminal(["--data", data, "revert", String(undone)], {
      typed: { after: "back?", keys: "y" },
    });
    expect(seen.status).toBe(0);
    expect(seen.screen).toContain("\u001b[31m-two");
    expect(await get("a")).toBe("one");
  });
});
