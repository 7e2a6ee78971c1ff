/** log, show, history and diff: what changed, when, and who did it. */
import { beforeAll, describe, expect, test } from "vitest";
import { serveCommand } from "../../../testkit/served-command.ts";
import { HAS_TERMINAL, ledgeAtTerminal } from "../../../testkit/terminal.ts";

const { ledge, data } = serveCommand("past");

/** The revision of the last commit. */
async function head(): Promise<number> {
  const { commits } = JSON.parse((await ledge(["log", "-n", "1", "-o", "json"])).stdout);
  return commits[0].revision;
}

async function put(target: string, value: string, ...more: string[]) {
  const ran = await ledge(["put", target, value, "--if", "any", ...more]);
  if (ran.status !== 0) throw new Error(ran.stderr);
}

let before = 0;
let ci = "";

beforeAll(async () => {
  for (const name of ["shop", "prod"]) await ledge(["ns", "put", name]);
  const made = await ledge(["token", "create", "ci pipeline", "-g", "read,history,write:shop"]);
  ci = made.stdout.trim();
  before = await head();
  await put("shop/limits/api", '{"rps":100,"burst":1.0}', "-m", "first limits");
  await ledge(
    ["put", "shop/limits/api", '{"rps":200,"burst":1.0}', "--if", "any", "-m", "raise\nthe limits"],
    {
      env: { LEDGE_TOKEN: ci },
    },
  );
  await put("shop/banner", "Hello");
  await ledge(["rm", "shop/banner", "--if", "any", "-m", "no banner"]);
});

describe("ledge log", () => {
  test("tells in one command what changed since then, and who did it", async () => {
    const ran = await ledge(["log", "shop", "--since", "1h"]);
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    const blocks = ran.stdout.split(/^(?=revision )/m);
    expect(blocks[0]).toMatch(
      /^revision \d+ {2}\d{4}-\d\d-\d\dT[\d:.]+Z {2}.+\n {4}no banner\n- shop\/banner {2}5 B\n$/,
    );
    expect(blocks[1]).toMatch(/\n\+ shop\/banner {2}5 B, text\/plain/);
    expect(blocks[2]).toContain(
      `ci pipeline (${ci.slice(4, 16)})\n    raise\n    the limits\n~ shop/limits/api  23 B\n`,
    );
    expect(blocks).toHaveLength(4);
  });

  test("is searched by who, by words, by place and by number", async () => {
    const shown = async (...args: string[]) => {
      const { stdout } = await ledge(["log", ...args, "-o", "json"]);
      const { commits } = JSON.parse(stdout);
      return commits.map(({ revision }: { revision: number }) => revision - before);
    };
    expect(await shown("shop", "--actor", "ci pipeline")).toEqual([2]);
    expect(await shown("--message", "LIMITS", "--since", String(before + 1))).toEqual([2, 1]);
    expect(await shown("shop/limits/")).toEqual([2, 1]);
    expect(await shown("shop", "-n", "1")).toEqual([4]);
    expect(await shown("shop", "--until", String(before + 1))).toEqual([1]);
    expect(await shown("shop", "--since", "2h ago")).toEqual([4, 3, 2, 1]);
    expect(await shown("shop", "--until", "2020-01-01")).toEqual([]);
    expect(await ledge(["log", "prod"])).toMatchObject({
      status: 0,
      stdout: "",
      stderr: expect.stringContaining("no commit"),
    });
  });

  test("reads a time of day by this machine's clock", async () => {
    const minute = new Date(Date.now() - 60_000);
    const clock = `${minute.getHours()}:${String(minute.getMinutes()).padStart(2, "0")}`;
    const ran = await ledge(["log", "shop", "--since", clock, "-o", "json"]);
    expect(ran.status).toBe(0);
    const later = await ledge(["log", "--since", "25:00"]);
    expect([later.status, later.stderr]).toEqual([2, expect.stringContaining("--since 25:00")]);
  });

  test("says that there is more, unless it was told how many", async () => {
    for (let nth = 0; nth < 21; nth += 1) await put("prod/many", String(nth));
    const ran = await ledge(["log", "prod"]);
    expect(ran.stdout.match(/^revision /gm)).toHaveLength(20);
    expect(ran.stderr).toContain("-n");
    expect((await ledge(["log", "prod", "-n", "5"])).stderr).toBe("");
    expect((await ledge(["log", "prod", "--since", "1h"])).stdout.match(/^revision /gm)).toHaveLength(21);
  });
});

describe("ledge show", () => {
  test("shows a commit as a unified diff, of one-line JSON part by part", async () => {
    const ran = await ledge(["show", String(before + 2)]);
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    expect(ran.stdout).toMatch(/^revision \d+ {2}\S+ {2}ci pipeline \(\w+\)\n {4}raise\n {4}the limits\n\n/);
    expect(ran.stdout.split("\n\n")[1]).toBe(
      [
        "~ shop/limits/api  23 B",
        "--- shop/limits/api",
        "+++ shop/limits/api",
        "@@ -1,4 +1,4 @@",
        " {",
        '-  "rps": 100,',
        '+  "rps": 200,',
        '   "burst": 1.0',
        " }",
        "",
      ].join("\n"),
    );
    const created = (await ledge(["show", String(before + 3)])).stdout;
    expect(created).toContain("--- /dev/null\n+++ shop/banner\n@@ -0,0 +1,1 @@\n+Hello");
    const shown = JSON.parse((await ledge(["show", String(before + 4), "-o", "json"])).stdout);
    expect(shown).toMatchObject({
      message: "no banner",
      changes: [{ op: "delete", before: { text: "Hello" } }],
    });
  });

  test("ends with 3 for a revision that is not there, and with 2 for what is none", async () => {
    expect((await ledge(["show", "999999"])).status).toBe(3);
    expect((await ledge(["show", "head"])).status).toBe(2);
  });
});

describe("ledge history", () => {
  test("tells what became of a document, deleted ones too", async () => {
    const ran = await ledge(["history", "shop/banner"]);
    expect(ran.stdout.match(/^[-+~] .*/gm)).toEqual([
      "- shop/banner  5 B",
      expect.stringMatching(/^\+ shop\/banner {2}5 B/),
    ]);
    const patched = await ledge(["history", "shop/limits/api", "-p", "-n", "1"]);
    expect(patched.stdout).toContain('-  "rps": 100,\n+  "rps": 200,');
    expect(patched.stdout.match(/^revision /gm)).toHaveLength(1);
    const { entries } = JSON.parse((await ledge(["history", "shop/limits/api", "-o", "json"])).stdout);
    expect(entries.map(({ revision }: { revision: number }) => revision - before)).toEqual([2, 1]);
    expect((await ledge(["history", "shop/none"])).stderr).toContain("nothing is known of shop/none");
    expect((await ledge(["history", "shop"])).status).toBe(2);
  });
});

describe("ledge blame", () => {
  const blamed = async (target: string) => {
    const ran = await ledge(["blame", target, "-o", "json"]);
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    const { members } = JSON.parse(ran.stdout);
    return members.map(({ pointer, value, revision }: Record<string, unknown>) => [pointer, value, revision]);
  };

  test("names for each member of a JSON document the commit that set it last", async () => {
    expect(await blamed("shop/limits/api")).toEqual([
      ["/rps", 200, before + 2],
      ["/burst", 1, before + 1],
    ]);
    const ran = await ledge(["blame", "shop/limits/api"]);
    expect(ran.stdout).toMatch(
      /^MEMBER +VALUE +REVISION +TIME +BY +WHY\n\/rps +200 .*ci pipeline.*raise\n\/burst +1 /,
    );
  });

  test("sees a member that was taken away and came back, and a document that was deleted", async () => {
    const first = await head();
    for (const value of ['{"a":1,"b":[{},7],"c/d":0}', '{"a":1}', '{"a":1,"b":[{},8],"c/d":0}'])
      await put("prod/blamed", value, "-t", "application/json");
    expect(await blamed("prod/blamed")).toEqual([
      ["/a", 1, first + 1],
      ["/b/0", {}, first + 3],
      ["/b/1", 8, first + 3],
      ["/c~1d", 0, first + 3],
    ]);
    await ledge(["rm", "prod/blamed", "--if", "any"]);
    const gone = await ledge(["blame", "prod/blamed"]);
    expect(gone.status).toBe(3);
    expect(gone.stderr).toContain(`deleted in revision ${first + 4}`);
    await put("prod/blamed", '{"a":1}', "-t", "application/json");
    expect(await blamed("prod/blamed")).toEqual([["/a", 1, first + 5]]);
    await ledge(["rm", "prod/blamed", "--if", "any"]);
  });

  test("names the last commit of a document that is no JSON", async () => {
    await put("prod/plain", "one");
    expect(await blamed("prod/plain")).toEqual([["", undefined, await head()]]);
    await ledge(["rm", "prod/plain", "--if", "any"]);
    expect(await ledge(["blame", "prod/none"])).toMatchObject({ status: 3 });
  });
});

describe("ledge diff", () => {
  test("compares a namespace with what it was, by revision, span or place", async () => {
    const ran = await ledge(["diff", "shop", "--from", String(before + 1)]);
    expect(ran.stdout).toContain('-  "rps": 100,\n+  "rps": 200,');
    expect(ran.stderr).toBe("");
    expect((await ledge(["diff", "prod@1", "shop@1"])).stderr).toContain("nothing differs");
    const names = async (...args: string[]) => (await ledge(["diff", ...args, "--names"])).stdout;
    expect(await names("shop", "--from", "1h", "--to", "head")).toMatch(
      /^\+ shop\/limits\/api {2}\S+ B, \S+\n$/,
    );
    expect(await names(`shop@${before + 3}`, "shop")).toBe("- shop/banner  5 B\n");
    expect(await names(`shop@${before + 3}/limits/`, "shop")).toBe("");
    expect(await names("shop", "--from", String(before + 4), "--to", String(before + 3))).toMatch(
      /^\+ shop\/banner/,
    );
    expect(await names("shop@1h", `shop@${before + 1}`)).toMatch(/^\+ shop\/limits\/api/);
  });

  test("compares two namespaces, and says with --exit-code that they differ", async () => {
    await put("prod/limits/api", '{"rps":1}');
    const ran = await ledge(["diff", "shop/limits/", "prod", "--exit-code"]);
    expect(ran.status).toBe(8);
    expect(ran.stdout).toContain("--- shop/limits/api\n+++ prod/limits/api\n");
    expect(ran.stdout).toMatch(/^~ prod\/limits\/api/);
    const same = await ledge(["diff", "shop", "--from", "head", "--exit-code"]);
    expect(same.status).toBe(2);
    const { entries } = JSON.parse((await ledge(["diff", "shop", "prod", "-o", "json"])).stdout);
    expect(entries.map(({ result, key }: Record<string, string>) => `${result} ${key}`)).toEqual([
      "changed limits/api",
      "created many",
    ]);
  });

  test.each([
    { line: "diff shop", says: /--from 1h/ },
    { line: "diff shop@1h shop --from 2h", says: /twice/ },
    { line: "diff shop@ prod", says: /NAMESPACE@WHEN/ },
    { line: "diff shop/a prod/b", says: /one prefix/ },
    { line: "diff shop --from yesterday", says: /yesterday/ },
  ])("ends `ledge $line` with 2", async ({ line, says }) => {
    const ran = await ledge(line.split(" "));
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringMatching(says)]);
  });
});

describe.skipIf(!HAS_TERMINAL)("colours", () => {
  test("are on a terminal only, and not with NO_COLOR", async () => {
    const args = ["--data", data, "show", String(before + 2)];
    expect((await ledgeAtTerminal(args)).screen).toContain('\u001b[32m+  "rps": 200,');
    expect((await ledgeAtTerminal(args, { env: { NO_COLOR: "1" } })).screen).not.toContain("\u001b[3");
    expect((await ledge(["show", String(before + 2)])).stdout).not.toContain("\u001b");
  });
});
