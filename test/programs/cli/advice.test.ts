/** What a refusal advises can be typed, and tells what is missing. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { ledge as run, shell } from "../../../testkit/processes.ts";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge, folder } = serveCommand("advice");
let reader = "";

beforeAll(async () => {
  await ledge(["ns", "put", "strict", "--message-required"]);
  await ledge(["put", "strict/a", "1", "-m", "first"]);
  reader = (await ledge(["token", "create", "reader", "-g", "read,plan:strict"])).stdout.trim();
});

describe("a refusal for want of a grant names the verb", () => {
  test.each([
    { line: "put strict/b 1 -m why", verb: "write" },
    { line: "log strict", verb: "history" },
    { line: "status", verb: "status" },
    { line: "token ls", verb: "admin" },
  ])("of `ledge $line`", async ({ line, verb }) => {
    const ran = await ledge(line.split(" "), { env: { LEDGE_TOKEN: reader } });
    expect([ran.status, ran.stderr]).toEqual([4, expect.stringContaining(`the verb ${verb} on`)]);
    expect(ran.stderr).toContain("the token has no grant for");
  });

  test("and a plan the document", async () => {
    const ran = await ledge(["put", "demo/b", "1", "--plan"], { env: { LEDGE_TOKEN: reader } });
    expect([ran.status, ran.stderr]).toEqual([
      4,
      expect.stringMatching(/may not write this key[\s\S]*at demo\/b\n/),
    ]);
  });
});

describe("a plan that would be refused", () => {
  test.each([
    { line: "put strict/b 1 --plan", says: /say why with -m/ },
    { line: "put strict/a 2 -m why --plan", says: /--if any/ },
  ])("of `ledge $line` speaks of flags", async ({ line, says }) => {
    const { status, stderr } = await ledge(line.split(" "));
    expect([status === 0, stderr]).toEqual([false, expect.stringMatching(says)]);
    expect(stderr).not.toMatch(/\?message=|If-Match|ifRevision/);
  });
});

test("the command that a plan advises does what was planned", async () => {
  const source = join(folder, "it's here");
  mkdirSync(join(source, "skip"), { recursive: true });
  for (const name of ["app.json", "skip/b.json"]) writeFileSync(join(source, name), "1");
  await ledge(["put", "strict/below/old", "1", "-m", "first"]);
  const flags = ["-n", "strict", "--prefix", "below/", "--exclude", "skip", "--strip-extensions"];
  const plan = await ledge(["plan", source, ...flags, "--prune", "-m", "it's why"]);
  const advised = /to do exactly this: `(.*)`/.exec(plan.stderr)?.[1] ?? "false";
  const done = await shell(advised);
  expect([done.status, done.stderr]).toEqual([0, expect.stringContaining("1 created, 0 changed, 1 deleted")]);
});

describe("wrong use", () => {
  test.each([
    { line: "put strict 1", says: /^✗ namespace\/key strict: name a document as NAMESPACE\/KEY\n/ },
    { line: "show now", says: /^✗ revision now: a revision is a whole number/ },
    { line: "ns create x", says: /`[^`]* ns --help`/ },
    { line: "ns put x --require-message", says: /`[^`]* ns put --help`/ },
    { line: "get", says: /`[^`]* get --help`/ },
    { line: "log -n 0", says: /-n takes a whole number from 1/ },
  ])("of `ledge $line` says what to do", async ({ line, says }) => {
    const ran = await ledge(line.split(" "));
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringMatching(says)]);
  });

  test.each([{ line: "" }, { line: "ns" }])("`ledge $line` is helped as --help helps", async ({ line }) => {
    const words = line === "" ? [] : line.split(" ");
    const [help, ran] = [await run([...words, "--help"]), await run(words)];
    const globals = (text: string) => /--context [\s\S]*?--token-file/.exec(text)?.[0];
    expect([ran.status, globals(ran.stderr)]).toEqual([2, globals(help.stdout)]);
  });
});

test("a log in which nothing matches says so", async () => {
  const ran = await ledge(["log", "--actor", "nobody"]);
  expect([ran.status, ran.stderr]).toEqual([0, "no commit that this token may see matches\n"]);
});

test.each([{ verb: "rotate" }, { verb: "revoke" }])(
  "ledge token $verb of a name says where its accessors are shown",
  async ({ verb }) => {
    const ran = await ledge(["token", verb, "reader"]);
    expect([ran.status, ran.stderr]).toEqual([3, expect.stringMatching(/`[^`]* token ls reader`/)]);
  },
);
