/**
 * docs/from-consul-etcd.md: its commands are typed as they stand there. `consul` and `etcdctl` are programs here that give
 * what the real ones wrote (test/programs/cli/fixtures), and take exactly the arguments that made it.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { root, shell } from "../../testkit/processes.ts";
import { serveCommand } from "../../testkit/served-command.ts";

const { folder, data, url } = serveCommand("from-consul-etcd");
const page = readFileSync(join(root, "docs/from-consul-etcd.md"), "utf8");
const fixtures = join(root, "test/programs/cli/fixtures");

/** Every line of every block that is typed, with the status that the page says for it. */
function typedLines(): { line: string; status: number }[] {
  const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
  return blocks
    .flatMap((block) => block.trimEnd().split("\n"))
    .map((text) => {
      const [line = "", note = ""] = text.split(/\s+# /);
      return { line, status: Number(/^ends with (\d+)$/.exec(note)?.[1] ?? 0) };
    });
}

/** A folder of programs for PATH. */
function makePrograms(): string {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const programs = {
    ledge: `exec '${process.execPath}' '${join(root, "dist/programs/cli.mjs")}' "$@"`,
    consul: `[ "$*" = "kv export app/" ] && exec cat '${join(fixtures, "consul-kv-export.json")}'; exit 9`,
    etcdctl: `[ "$*" = "get --prefix /app/ -w json" ] && exec cat '${join(fixtures, "etcdctl-get.json")}'; exit 9`,
  };
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}

describe("the page for who comes from Consul or etcd", () => {
  test("has commands that move what both tools exported, and show it", async () => {
    const token = readFileSync(join(data, "admin-token"), "utf8").trim();
    const PATH = `${makePrograms()}${delimiter}${process.env.PATH}`;
    const printed: Record<string, string> = {};
    for (const { line, status } of typedLines()) {
      const here = line.replaceAll("http://127.0.0.1:3000", url());
      const ran = await shell(here, { cwd: folder, env: { PATH, LEDGE_DATA: data, TOKEN: token } });
      expect([line, ran.status, ran.stderr]).toEqual([line, status, expect.any(String)]);
      printed[line] = ran.stdout;
    }
    const saidBy = (part: string) => Object.entries(printed).find(([line]) => line.includes(part))?.[1] ?? "";
    const moved = (name: string) => readFileSync(join(folder, "moved/shop-prod", name));
    expect(moved("banner").toString()).toBe("Grüße");
    expect([...moved("logo.bin")]).toEqual([0, 255, 254]);
    // What the two dumps differ in: etcd's has one key more.
    expect(saidBy("ledge diff")).toContain("empty");
    expect(saidBy("ledge diff")).not.toContain("banner");
    expect(saidBy("ledge log")).toContain("from Consul");
    expect(JSON.parse(saidBy("/v1/list/")).documents).toHaveLength(1);
    expect(JSON.parse(saidBy("/v1/changes")).commits[0].changes).toHaveLength(1);
  });
});
