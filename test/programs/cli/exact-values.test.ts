import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cleanEnvironment, root } from "../../../testkit/processes.ts";
import { serveCommand } from "../../../testkit/served-command.ts";
import { HAS_TERMINAL, ledgeAtTerminal } from "../../../testkit/terminal.ts";

const { ledge, folder, data } = serveCommand("exact");

/** What follows `"value": ` up to the end of the object. */
function valueText(stdout: string): string {
  return /"value": ([\s\S]*)\n}\n$/.exec(stdout)?.[1] ?? "";
}

async function store(key: string, bytes: string | Uint8Array, type?: string): Promise<void> {
  const file = join(folder, "value");
  writeFileSync(file, bytes);
  const typed = type === undefined ? [] : ["-t", type];
  const ran = await ledge(["put", `demo/${key}`, "-f", file, "--if", "any", ...typed]);
  expect([ran.status, ran.stderr]).toEqual([0, expect.stringContaining(key)]);
}

describe("ledge get -o json", () => {
  test.each([
    { name: "a number beyond 2^53", json: "9007199254740993" },
    { name: "a number beyond doubles", json: "1e400" },
    { name: "minus zero", json: "-0" },
    { name: "digits after the point", json: '{"a":1.0,"b":1.10}' },
    { name: "members like numbers", json: '{"2":1,"1":2}' },
    { name: "__proto__", json: '{"__proto__":{"a":1}}' },
    { name: "half of a pair, escaped", json: '"\\ud800"' },
    { name: "its own white space", json: '{\n\t"a" : [ 1 ,2]\n}' },
  ])("shows $name as it is stored", async ({ json }) => {
    await store("json", json);
    const { stdout } = await ledge(["get", "demo/json", "-o", "json"]);
    expect(valueText(stdout)).toBe(json);
    expect(() => JSON.parse(stdout)).not.toThrow();
  });

  test("stays JSON where a value holds carriage returns or control characters", async () => {
    const json = '{\r\n"a":"\u2028\u009b\u007f"\r\n}';
    await store("json", json);
    const { stdout } = await ledge(["get", "demo/json", "-o", "json"]);
    expect(JSON.parse(stdout).value).toEqual(JSON.parse(json));
    expect(stdout).not.toMatch(/[\r\u2028\u007f-\u009f]/);
  });

  test("keeps a byte order mark, and shows what is not UTF-8 as base64 with its size", async () => {
    await store("marked", "\ufeffkey: 1");
    expect(JSON.parse((await ledge(["get", "demo/marked", "-o", "json"])).stdout)).toMatchObject({
      text: "\ufeffkey: 1",
      size: 9,
    });
    const bytes = Uint8Array.of(0x41, 0xff, 0x42);
    await store("bytes", bytes, "text/plain");
    const { stdout } = await ledge(["get", "demo/bytes", "-o", "json"]);
    expect(stdout).not.toContain("\ufffd");
    expect(JSON.parse(stdout)).toMatchObject({ base64: Buffer.from(bytes).toString("base64"), size: 3 });
  });
});

describe("ledge get at a terminal", () => {
  test.skipIf(!HAS_TERMINAL)(
    "shows bytes that are no text as base64 with their size, never as U+FFFD",
    async () => {
      await store("bytes", Uint8Array.of(0x41, 0xff, 0x42));
      const { screen } = await ledgeAtTerminal(["--data", data, "get", "demo/bytes"]);
      expect(screen).toMatch(/3 B[\s\S]*Qf9C/);
      expect(screen).not.toContain("\ufffd");
    },
  );
});

describe("ledge put", () => {
  test("takes JSON with a byte order mark for text, which is what it is", async () => {
    await store("marked-json", '\ufeff{"a":1}');
    expect(JSON.parse((await ledge(["get", "demo/marked-json", "-o", "json"])).stdout)).toMatchObject({
      mediaType: expect.stringContaining("text/plain"),
      text: '\ufeff{"a":1}',
    });
  });

  test("refuses an argument that is not UTF-8, which Node cannot hand over", () => {
    const command = [process.execPath, join(root, "dist/programs/cli.mjs"), "--data", data].join(" ");
    const ran = spawnSync("bash", ["-c", `${command} put demo/latin $'caf\\xe9'`], {
      encoding: "utf8",
      env: cleanEnvironment(),
    });
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining("--file")]);
  });
});
