import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge, data, folder } = serveCommand("put");

const etagOf = async (name: string): Promise<string> =>
  JSON.parse((await ledge(["get", name, "-o", "json"])).stdout).etag;

describe("ledge put --if", () => {
  test("any creates and replaces", async () => {
    expect((await ledge(["put", "demo/any", "1", "--if", "any"])).stderr).toContain("demo/any created");
    expect((await ledge(["put", "demo/any", "2", "--if", "any"])).stderr).toContain("demo/any changed");
    expect((await ledge(["get", "demo/any"])).stdout).toBe("2");
  });

  test("absent creates only, and says what is there", async () => {
    const ran = await ledge(["put", "demo/banner", "x", "--if", "absent"]);
    expect(ran.status).toBe(5);
    expect(ran.stderr).toMatch(/demo\/banner is there already: revision \d+, 16 B, text\/plain/);
  });

  test("left out shows what is there and how to go on, and never the value", async () => {
    await ledge(["put", "demo/secret", "hunter2"]);
    const etag = await etagOf("demo/secret");
    const ran = await ledge(["put", "demo/secret", "x"]);
    expect(ran.status).toBe(5);
    expect(ran.stderr).toMatch(
      /demo\/secret is there already: revision \d+, 7 B, text\/plain; charset=utf-8|text\/plain/,
    );
    for (const words of [`--if '${etag}'`, "--if any", `ledge --data ${data} get demo/secret`])
      expect(ran.stderr).toContain(words);
    expect(ran.stderr).not.toMatch(/hunter2|If-Match/);
    const taken = await ledge(["put", "demo/secret", "x", "--if", etag]);
    expect(taken.status).toBe(0);
  });

  test("names an ETag that is past, or a document that is not there", async () => {
    const etag = await etagOf("demo/limits/api");
    await ledge(["put", "demo/limits/api", "{}", "--if", etag]);
    const past = await ledge(["put", "demo/limits/api", "1", "--if", etag]);
    expect([past.status, past.stderr]).toEqual([5, expect.stringContaining(await etagOf("demo/limits/api"))]);
    const none = await ledge(["put", "demo/none", "1", "--if", etag]);
    expect([none.status, none.stderr]).toEqual([
      5,
      expect.stringMatching(/there is no demo\/none[\s\S]*leave out --if/),
    ]);
  });

  test("tells a token that may not read nothing about what is there", async () => {
    const made = await ledge(["token", "create", "writer", "-g", "write:demo"]);
    const env = { LEDGE_TOKEN: made.stdout.trim() };
    const ran = await ledge(["put", "demo/banner", "x"], { env });
    expect([ran.status, ran.stderr.includes("16 B")]).toEqual([5, false]);
  });
});

describe("ledge put without --type", () => {
  const typeOf = async (name: string): Promise<string> =>
    JSON.parse((await ledge(["get", name, "-o", "json"])).stdout).mediaType;
  const put = async (name: string, value: string, ...more: string[]) =>
    expect((await ledge(["put", name, "--if", "any", ...more], { stdin: value })).status).toBe(0);
  const file = (name: string, bytes: string | Uint8Array): string => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };

  test("keeps the media type that a document has", async () => {
    await put("demo/typed", "a: 1", "-t", "application/yaml");
    await put("demo/typed", "42");
    expect(await typeOf("demo/typed")).toBe("application/yaml");
    await put("demo/typed", "42", "-t", "text/plain");
    expect(await typeOf("demo/typed")).toBe("text/plain");
  });

  test("takes the type that the file's name says, where its bytes are of it", async () => {
    await put("demo/by-name", "x", "-t", "text/css");
    await put("demo/by-name", "", "-f", file("named.yaml", "a: 1"));
    expect(await typeOf("demo/by-name")).toBe("application/yaml");
    await put("demo/by-name", "", "-f", file("named.json", "not JSON"));
    expect(await typeOf("demo/by-name")).toBe("application/yaml");
    await put("demo/latin", "", "-f", file("latin.conf", Uint8Array.of(0xe9)));
    expect(await typeOf("demo/latin")).toBe("application/octet-stream");
  });

  test("takes the key's extension for a document that is not there", async () => {
    await put("demo/fresh.toml", "a = 1");
    expect(await typeOf("demo/fresh.toml")).toBe("application/toml");
  });

  test("says so where the name is of JSON and the value is none", async () => {
    const ran = await ledge(["put", "demo/fresh.json", "not JSON"]);
    expect([ran.status, ran.stderr]).toEqual([
      0,
      expect.stringMatching(/^! fresh\.json has the name of application\/json/),
    ]);
    expect(await typeOf("demo/fresh.json")).toBe("text/plain");
  });

  test("refuses what the type of a document does not take, and says how to go on", async () => {
    await put("demo/strict", "{}");
    const ran = await ledge(["put", "demo/strict", "{", "--if", "any"]);
    expect([ran.status, ran.stderr]).toEqual([6, expect.stringMatching(/application\/json[\s\S]*--type/)]);
  });

  test("guesses where the token may not read", async () => {
    await put("demo/blind", "a: 1", "-t", "application/yaml");
    const made = await ledge(["token", "create", "blind", "-g", "write:demo"]);
    const env = { LEDGE_TOKEN: made.stdout.trim() };
    expect((await ledge(["put", "demo/blind", "42", "--if", "any"], { env })).status).toBe(0);
    expect(await typeOf("demo/blind")).toBe("application/json");
  });
});

describe("ledge put of an empty value", () => {
  test.each([{ args: [] }, { args: ["-"] }, { args: ["-f", "-"] }])(
    "from standard input is refused with how to mean it: $args",
    async ({ args }) => {
      const ran = await ledge(["put", "demo/empty", ...args], { stdin: "" });
      expect([ran.status, ran.stderr]).toEqual([
        2,
        expect.stringMatching(/input is empty[\s\S]*--empty[\s\S]*--file/),
      ]);
      expect((await ledge(["get", "demo/empty"])).status).toBe(3);
    },
  );

  test("is written where it is named: by --empty, a file or an argument", async () => {
    writeFileSync(join(folder, "nothing"), "");
    for (const args of [["--empty"], ["-f", join(folder, "nothing")], [""]]) {
      expect((await ledge(["put", "demo/named", ...args, "--if", "any"], { stdin: "" })).status).toBe(0);
      expect(await ledge(["get", "demo/named"])).toMatchObject({ status: 0, stdout: "" });
      await ledge(["rm", "demo/named", "--if", "any"]);
    }
    expect((await ledge(["put", "demo/named", "--empty"], { stdin: "x" })).status).toBe(0);
    expect((await ledge(["get", "demo/named"])).stdout).toBe("x");
  });
});

describe("ledge put of a value that is too large", () => {
  test.each([
    { name: "a file", args: ["-f", join(folder, "large")], stdin: "" },
    { name: "standard input", args: ["-"], stdin: "x".repeat(1_048_577) },
  ])("from $name is refused before anything is sent", async ({ args, stdin }) => {
    writeFileSync(join(folder, "large"), "x".repeat(1_048_577));
    // Nobody listens there: what is sent would end with 7.
    const ran = await ledge(["--url", "http://127.0.0.1:9", "put", "demo/large", ...args], { stdin });
    expect([ran.status, ran.stderr]).toEqual([6, expect.stringContaining("1 MiB")]);
  });

  test("takes the largest that there is", async () => {
    writeFileSync(join(folder, "largest"), "x".repeat(1_048_576));
    expect((await ledge(["put", "demo/largest", "-f", join(folder, "largest")])).status).toBe(0);
  });
});

describe("ledge rm", () => {
  test("says in its own words what is there, or that nothing is", async () => {
    await ledge(["put", "demo/gone", "1"]);
    const blind = await ledge(["rm", "demo/gone"]);
    expect([blind.status, blind.stderr]).toEqual([5, expect.stringContaining("--if any")]);
    expect(blind.stderr).toMatch(/demo\/gone was not deleted: --if .*There is: revision \d+/);
    expect(blind.stderr).toContain(`to delete just that: --if '${await etagOf("demo/gone")}'`);
    expect(blind.stderr).not.toMatch(/already|replace/);
    const made = await ledge(["token", "create", "deleter", "-g", "write:demo"]);
    const unseeing = await ledge(["rm", "demo/gone"], { env: { LEDGE_TOKEN: made.stdout.trim() } });
    expect([unseeing.status, unseeing.stderr]).toEqual([5, expect.stringContaining("was not deleted")]);
    expect(unseeing.stderr).not.toMatch(/already|replace/);
    expect((await ledge(["rm", "demo/gone", "--if", "absent"])).status).toBe(2);
    expect((await ledge(["rm", "demo/gone", "--if", "any"])).status).toBe(0);
    const again = await ledge(["rm", "demo/gone", "--if", "any"]);
    expect([again.status, again.stderr]).toEqual([3, expect.stringContaining("there is no demo/gone")]);
  });
});
