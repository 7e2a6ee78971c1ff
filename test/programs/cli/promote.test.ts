/** `ledge promote`: a plan, then one commit that says where it comes from. */
import { beforeEach, describe, expect, test } from "vitest";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge } = serveCommand("promote");

let nth = 0;
let [from, to] = ["", ""];

async function put(target: string, value: string, ...more: string[]) {
  const ran = await ledge(["put", target, value, "--if", "any", ...more]);
  if (ran.status !== 0) throw new Error(ran.stderr);
}

const get = async (target: string) => (await ledge(["get", target])).stdout;

beforeEach(async () => {
  nth += 1;
  [from, to] = [`staging-${nth}`, `prod-${nth}`];
  for (const name of [from, to]) await ledge(["ns", "put", name]);
  await put(`${from}/limits/api`, '{"rps": 200}', "-t", "application/json");
  await put(`${from}/new`, "fresh");
  await put(`${from}/same`, "same");
  await put(`${to}/limits/api`, '{"rps":100}');
  await put(`${to}/same`, "same");
  await put(`${to}/only`, "here");
});

describe("ledge promote", () => {
  test("plans first: what would be created and changed, and nothing is written", async () => {
    const ran = await ledge(["promote", from, to, "--plan", "--diff"]);
    expect(ran.status).toBe(8);
    expect(ran.stdout.match(/^[-+~] .*/gm)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(new RegExp(`^~ ${to}/limits/api  11 B → 12 B`)),
        expect.stringMatching(new RegExp(`^\\+ ${to}/new  5 B`)),
      ]),
    );
    expect(ran.stdout).toContain('-{"rps":100}\n');
    expect(ran.stderr).toContain("1 to create, 1 to change, 0 to delete");
    expect(await get(`${to}/limits/api`)).toBe('{"rps":100}');
    const { changes } = JSON.parse((await ledge(["promote", from, to, "--plan", "-o", "json"])).stdout);
    expect(changes.map(({ op, key }: Record<string, string>) => `${op} ${key}`)).toEqual([
      "change limits/api",
      "create new",
    ]);
  });

  test("is one commit, byte by byte, that says where it comes from", async () => {
    const unasked = await ledge(["promote", from, to]);
    expect([unasked.status, unasked.stderr]).toEqual([2, expect.stringContaining("--yes")]);
    const ran = await ledge(["promote", from, to, "--yes", "-o", "json"]);
    expect(ran.status).toBe(0);
    const done = JSON.parse(ran.stdout);
    expect(done).toMatchObject({ from, to, created: 1, changed: 1, deleted: 0 });
    expect(await get(`${to}/limits/api`)).toBe('{"rps": 200}');
    expect(await get(`${to}/only`)).toBe("here");
    const shown = JSON.parse((await ledge(["show", String(done.revision), "-o", "json"])).stdout);
    expect(shown.meta.from).toMatch(new RegExp(`^${from}@\\d+$`));
    expect(shown).toMatchObject({ changeCount: 2, message: expect.stringContaining(from) });
    const again = await ledge(["promote", from, to, "--yes"]);
    expect([again.status, again.stderr]).toEqual([0, expect.stringContaining("nothing would change")]);
  });

  test("takes a prefix, single keys, and deletions with --prune", async () => {
    expect((await ledge(["promote", from, to, "limits/", "--yes", "-m", "why"])).status).toBe(0);
    expect([await get(`${to}/limits/api`), await get(`${to}/new`)]).toEqual(['{"rps": 200}', ""]);
    expect((await ledge(["promote", from, to, "--only", "new", "--only", "same", "--yes"])).status).toBe(0);
    expect(await get(`${to}/new`)).toBe("fresh");
    const slip = await ledge(["promote", from, to, "--only", "none", "--yes"]);
    expect([slip.status, slip.stderr]).toEqual([3, expect.stringContaining(`${from}/none`)]);
    const pruned = await ledge(["promote", from, to, "--prune", "--yes"]);
    expect(pruned.stderr).toContain("1 deleted");
    expect((await ledge(["get", `${to}/only`])).status).toBe(3);
    expect((await ledge(["diff", from, to, "--exit-code"])).status).toBe(0);
  });

  test("carries bytes that are no text", async () => {
    await ledge(["put", `${from}/bin`, "-", "-t", "a/b"], { stdin: "\u0000binary" });
    expect((await ledge(["promote", from, to, "--only", "bin", "--yes"])).status).toBe(0);
    expect(await get(`${to}/bin`)).toBe("\u0000binary");
  });

  test("is one commit or none: what needs more is refused", async () => {
    const big = "x".repeat(900_000);
    for (const key of ["a", "b", "c"]) await ledge(["put", `${from}/${key}`, "-"], { stdin: big });
    const ran = await ledge(["promote", from, to, "--yes"]);
    expect([ran.status, ran.stderr]).toEqual([6, expect.stringContaining("one commit")]);
    expect((await ledge(["get", `${to}/new`])).status).toBe(3);
  });

  test.each([
    { args: ["a", "a"], says: /same namespace twice/ },
    { args: ["a", "b", "p/", "--only", "k"], says: /leave out the prefix/ },
    { args: ["a", "b", "--plan", "--yes"], says: /leave out --yes/ },
  ])("ends `ledge promote $args` with 2", async ({ args, says }) => {
    const ran = await ledge(["promote", ...args]);
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringMatching(says)]);
  });
});
