/** A checkout that its owner built, started by a user who may not write in it. */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ask } from "../../testkit/ask.ts";
import { AS_NOBODY, NOBODY, root, startBy, temporaryFolder } from "../../testkit/processes.ts";

const mayRead = [...AS_NOBODY, "test", "-r", join(root, "node_modules", ".package-lock.json")] as const;
const missing =
  process.getuid?.() !== 0
    ? "needs root, to become another user"
    : spawnSync(mayRead[0], mayRead.slice(1)).status !== 0
      ? "other users may not read this checkout"
      : undefined;

/** What is not part of a checkout, or too large for what is tried. */
const LEFT_OUT = /^(\.git|\.cache|\.ledge|node_modules|test)$/;

/** Copies the checkout as it was built; all of it is root's. */
function copyTo(checkout: string): void {
  cpSync(root, checkout, { recursive: true, filter: (source) => !LEFT_OUT.test(relative(root, source)) });
  symlinkSync(join(root, "node_modules"), join(checkout, "node_modules"));
}

describe.skipIf(missing !== undefined)(`a read-only checkout (${missing ?? "as another user"})`, () => {
  test("starts for a user who only has a data folder elsewhere", async () => {
    const { path, remove } = temporaryFolder("read-only");
    onTestFinished(remove);
    chmodSync(path, 0o755);
    const checkout = join(path, "checkout");
    copyTo(checkout);
    const data = join(path, "data");
    mkdirSync(data);
    chownSync(data, NOBODY, NOBODY);
    const start = [...AS_NOBODY, process.execPath, join(checkout, "scripts", "start.mjs")];
    const server = await startBy(start, data, { cwd: checkout });
    expect((await ask(server, "GET", "/healthz")).status).toBe(200);
    expect(await server.stop("SIGTERM")).toMatchObject({ status: 0, signal: null });
  });
});
