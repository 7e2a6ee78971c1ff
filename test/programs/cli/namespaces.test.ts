import { describe, expect, test } from "vitest";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge } = serveCommand("namespaces");

async function settings(name: string): Promise<Record<string, unknown>> {
  const all = JSON.parse((await ledge(["ns", "ls", "-o", "json"])).stdout);
  const { keys, bytes, revision, etag, modified, ...rest } = all.find(
    (one: { name: string }) => one.name === name,
  );
  return rest;
}

/** A new token with these grants, as an environment. */
async function tokenFor(...grants: string[]): Promise<{ readonly env: { readonly LEDGE_TOKEN: string } }> {
  const made = await ledge(["token", "create", "some", ...grants.flatMap((grant) => ["-g", grant])]);
  return { env: { LEDGE_TOKEN: made.stdout.trim() } };
}

const put = (...args: string[]) => ledge(["ns", "put", ...args]);

describe("ledge ns put", () => {
  test("changes what is named and keeps the rest", async () => {
    expect(
      (await put("shop", "--message-required", "--quota-keys", "5", "--quota-bytes", "900")).stderr,
    ).toContain("made");
    expect((await put("shop", "--description", "the shop")).stderr).toContain("changed");
    expect(await settings("shop")).toEqual({
      name: "shop",
      description: "the shop",
      messageRequired: true,
      quota: { keys: 5, bytes: 900 },
    });
    await put("shop", "--quota-keys", "7");
    expect(await settings("shop")).toMatchObject({ quota: { keys: 7, bytes: 900 }, messageRequired: true });
    expect((await put("shop", "--quota-keys", "7")).stderr).toContain("as it was");
  });

  test("takes settings back with --unset, and nothing else", async () => {
    await put("back", "--message-required", "--public", "--quota-keys", "5", "--quota-bytes", "900");
    expect((await put("back", "--unset", "quota-keys", "--unset", "message-required")).status).toBe(0);
    expect(await settings("back")).toEqual({ name: "back", public: true, quota: { bytes: 900 } });
    await put("back", "--unset", "quota-bytes", "--unset", "public", "--blind-writes", "--keep-days", "30");
    expect(await settings("back")).toEqual({ name: "back", blindWrites: true, keep: { days: 30 } });
    expect((await put("back", "--keep-days", "0")).stderr).toContain("--keep-days");
    expect((await put("back", "--keep-days", "1", "--unset", "keep-days")).status).toBe(2);
    await put("back", "--unset", "keep-days");
    expect(await settings("back")).toEqual({ name: "back", blindWrites: true });
  });

  test("refuses to unset what there is not, and what it sets", async () => {
    const unknown = await put("demo", "--unset", "colour");
    expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining("quota-bytes")]);
    const both = await put("demo", "--public", "--unset", "public");
    expect([both.status, both.stderr]).toEqual([2, expect.stringContaining("--public")]);
  });

  test("obeys --if, and only makes with absent", async () => {
    const made = await put("once", "--if", "absent");
    expect([made.status, (await put("once", "--if", "absent")).status]).toEqual([0, 5]);
    const [{ etag }] = JSON.parse((await ledge(["ns", "ls", "-o", "json"])).stdout).filter(
      ({ name }: { name: string }) => name === "once",
    );
    expect((await put("once", "--public", "--if", etag)).status).toBe(0);
    expect((await put("once", "--description", "late", "--if", etag)).status).toBe(5);
    expect(await settings("once")).toEqual({ name: "once", public: true });
  });
});

describe("ledge ls and ns ls", () => {
  const names = async (grants: string[], ...command: string[]) => {
    const ran = await ledge([...command, "-o", "json"], await tokenFor(...grants));
    return [
      ran.status,
      ran.status === 0 ? JSON.parse(ran.stdout).map((one: { name: string }) => one.name) : [],
    ];
  };

  test("show the namespaces that a token's grants name and that are there", async () => {
    for (const name of ["one", "two", "three"]) await put(name);
    const reads = ["read:two", "write:one/a/", "read:one", "read:gone"];
    expect(await names(reads, "ls")).toEqual([0, ["one", "two"]]);
    expect(await names(["read:two", "read,admin:three"], "ns", "ls")).toEqual([0, ["three", "two"]]);
    const table = await ledge(["ls"], await tokenFor("read:two", "read,admin:three"));
    expect(table.stdout).toMatch(/^NAMESPACE.*\nthree +0 +0 B +no\ntwo\n$/);
    expect(await names(["read:*"], "ls")).toEqual([4, []]);
  });
});

describe("ledge ns get", () => {
  test("shows what a namespace holds, and its settings", async () => {
    await put("shown", "--description", "to look at", "--quota-keys", "5", "--keep-days", "1", "--public");
    await ledge(["put", "shown/a", "text"]);
    const { stdout } = await ledge(["ns", "get", "shown"]);
    for (const says of ["to look at", "1 document, at most 5", "4 B", "anybody", "kept for 1 day"])
      expect(stdout).toContain(says);
    const told = JSON.parse((await ledge(["ns", "get", "shown", "-o", "json"])).stdout);
    expect(told).toMatchObject({ name: "shown", keys: 1, quota: { keys: 5 }, keep: { days: 1 } });
  });

  test("ends with 3 where there is none", async () => {
    const ran = await ledge(["ns", "get", "nope"]);
    expect([ran.status, ran.stderr]).toEqual([3, expect.stringContaining("There is no namespace nope.")]);
  });
});

test.each([
  { line: "ls nope" },
  { line: "log nope" },
  { line: "log nope/a --since 1h -o json" },
  { line: "history nope/a" },
  { line: "diff nope --from 1h" },
  { line: "diff demo nope" },
])("`ledge $line` ends with 3, as there is no such namespace", async ({ line }) => {
  const ran = await ledge(line.split(" "));
  expect([ran.status, ran.stdout, ran.stderr]).toEqual([
    3,
    "",
    expect.stringContaining("namespace_not_found"),
  ]);
});

test("a namespace of which nothing is logged ends `ledge log` with 0", async () => {
  await put("silent");
  const ran = await ledge(["log", "silent", "--message", "nobody says this"]);
  expect([ran.status, ran.stderr]).toEqual([0, expect.stringContaining("no commit")]);
});
