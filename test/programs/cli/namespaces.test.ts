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
