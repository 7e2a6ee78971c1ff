/** `ledge watch`: commits as they come, and a command for each. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { cleanEnvironment, finish, root } from "../../../testkit/processes.ts";
import { serveCommand } from "../../../testkit/served-command.ts";

const { ledge, data, folder } = serveCommand("watch");

beforeAll(async () => {
  for (const name of ["shop", "far"]) await ledge(["ns", "put", name]);
});

const put = (target: string, value: string) =>
  ledge(["put", target, value, "--if", "any", "-m", "by a test"]);

/** A watching command, and what it has said so far; ended with the test. */
function watch(...args: string[]) {
  const child = spawn(
    process.execPath,
    [join(root, "dist/programs/cli.mjs"), "--data", data, "watch", ...args],
    { env: cleanEnvironment({}), cwd: root },
  );
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => {
      said[name] += text;
    });
  onTestFinished(async () => {
    const ended = finish(child);
    child.kill("SIGKILL");
    await ended;
  });
  return said;
}

async function headNow(): Promise<number> {
  const { commits } = JSON.parse((await ledge(["log", "-n", "1", "-o", "json"])).stdout);
  return commits[0].revision;
}

describe("ledge watch", () => {
  test("shows each commit of the prefix once and in order", async () => {
    const since = await headNow();
    const said = watch("shop/limits/", "--since", String(since), "-o", "json");
    for (const target of ["shop/limits/api", "shop/banner", "far/limits/api"]) await put(target, "1");
    await ledge(["rm", "shop/limits/api", "--if", "any"]);
    const commits = () =>
      said.stdout
        .trim()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line));
    await expect.poll(() => commits().length).toBe(2);
    expect(commits()).toMatchObject([
      { revision: since + 1, message: "by a test", changes: [{ op: "put", key: "limits/api" }] },
      { revision: since + 4, changes: [{ op: "delete", key: "limits/api" }] },
    ]);
  });

  test("runs a command for each, with the commit as its input, and goes on when it fails", async () => {
    const since = await headNow();
    const out = join(folder, "ran");
    const command = `cat >> ${out}; echo "$LEDGE_NAMESPACE $LEDGE_REVISION" >> ${out}; exit 3`;
    const said = watch("shop", "--since", String(since), "--exec", command);
    await put("shop/a", "1");
    await put("shop/a", "2");
    await expect.poll(() => said.stderr).toContain(`revision ${since + 2} ended with 3`);
    const lines = readFileSync(out, "utf8").trim().split("\n");
    expect(lines.filter((line) => line.startsWith("shop "))).toEqual([
      `shop ${since + 1}`,
      `shop ${since + 2}`,
    ]);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ revision: since + 1, changes: [{ key: "a" }] });
    expect(said.stdout).toMatch(/^revision \d+ .*\n {4}by a test\n~ shop\/a {2}1 B, application\/json\n/);
  });

  test("shows the commits of several namespaces in one order", async () => {
    const since = await headNow();
    const said = watch("shop", "far", "--since", String(since), "-o", "json");
    for (const target of ["far/w", "shop/w"]) await put(target, "1");
    const revisions = () =>
      said.stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line).revision);
    await expect.poll(revisions).toEqual([since + 1, since + 2]);
    expect(await ledge(["watch", "shop", "far/limits/"])).toMatchObject({ status: 2 });
  });

  test("begins with the next commit, and refuses what is not there", async () => {
    const said = watch("shop", "-o", "json");
    await expect
      .poll(async () => {
        await put("shop/b", String(Math.random()));
        return said.stdout;
      })
      .toContain('"b"');
    expect(said.stdout).not.toContain('"a"');
    expect(await ledge(["watch", "nowhere"])).toMatchObject({ status: 3 });
    expect(await ledge(["watch", "shop", "--since", "999999"])).toMatchObject({ status: 3 });
    expect(await ledge(["watch"])).toMatchObject({ status: 2 });
  });
});
