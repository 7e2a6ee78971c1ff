/** A start of an agent in a folder that cannot be written any more, as after a fault of the disk: what it holds is served. */
import { spawn } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startAgentProcess } from "../../../testkit/edge/processes.ts";
import {
  AS_NOBODY,
  cleanEnvironment,
  ledge,
  root,
  serve,
  temporaryFolder,
} from "../../../testkit/processes.ts";

const isRoot = process.getuid?.() === 0;

test.skipIf(!isRoot)("serves what it holds from memory (needs root, to become another user)", async () => {
  const { path: folder, remove } = temporaryFolder("read-only-edge");
  onTestFinished(remove);
  const origin = await serve(join(folder, "origin"));
  const run = (...args: string[]) => ledge(["--data", join(folder, "origin"), ...args]);
  await run("ns", "put", "shop", "--public");
  await run("put", "shop/limits", "1", "--if", "any");
  const edge = join(folder, "edge");
  const first = await startAgentProcess(edge, ["shop", "--from", origin.url], {
    LEDGE_TOKEN: readFileSync(join(folder, "origin", "admin-token"), "utf8").trim(),
  });
  await first.stop();
  await origin.stop();
  for (const [path, mode] of [
    [folder, 0o755],
    [edge, 0o555],
    [join(edge, "shop.db"), 0o444],
  ] as const)
    chmodSync(path, mode);
  const args = ["agent", "shop", "--from", "http://127.0.0.1:9", "--data", edge, "--port", "0"];
  const [command = "", ...before] = AS_NOBODY;
  const child = spawn(command, [...before, process.execPath, join(root, "dist/programs/cli.mjs"), ...args], {
    env: cleanEnvironment({}),
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  await expect.poll(() => said).toContain("Read from it");
  expect(said).toContain("cannot be written: what it holds is served");
  const url = /listens on (\S+)/.exec(said)?.[1];
  const answer = await fetch(`${url}/v1/read/shop?key=limits`);
  expect([await answer.text(), answer.headers.get("ledge-source")]).toEqual(["1", "none"]);
});
