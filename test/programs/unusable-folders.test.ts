/** Folders in which nothing can be kept: every program that takes one says so at once, with what to do. */
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { AS_NOBODY, cleanEnvironment, finish, root, temporaryFolder } from "../../testkit/processes.ts";

const { path: folder, remove } = temporaryFolder("unusable");
afterAll(() => remove());
chmodSync(folder, 0o755);
const file = join(folder, "file");
writeFileSync(file, "");
const locked = join(folder, "locked");
mkdirSync(locked, { mode: 0o700 });
const readOnly = join(folder, "read-only");
mkdirSync(readOnly, { mode: 0o555 });

const isRoot = process.getuid?.() === 0;
const programs = join(root, "dist", "programs");
const PROGRAMS = [
  { program: "npm start", args: [join(programs, "start.mjs")] },
  { program: "ledge serve", args: [join(programs, "cli.mjs"), "serve"] },
  {
    program: "ledge agent",
    args: [join(programs, "cli.mjs"), "agent", "shop", "--from", "http://127.0.0.1:9"],
  },
];
const FOLDERS: readonly { name: string; path: string; says: string; asNobody?: boolean }[] = [
  { name: "in /proc", path: "/proc/none", says: "/proc/none cannot be made. Name another folder" },
  { name: "below /proc", path: "/proc/none/x", says: "/proc/none cannot be made. Name another folder" },
  { name: "/proc itself", path: "/proc", says: ".owner cannot be made. Name another folder" },
  { name: "a device", path: "/dev/null", says: "/dev/null is no folder. Name another" },
  { name: "below a device", path: "/dev/null/x", says: "/dev/null/x is no folder. Name another" },
  { name: "a file", path: file, says: `${file} is no folder. Name another` },
  {
    name: "in a folder of somebody else",
    path: join(locked, "x"),
    says: `${join(locked, "x")} cannot be written. Give this user the folder`,
    asNobody: true,
  },
  { name: "of somebody else", path: locked, says: "cannot be written. Give this user", asNobody: true },
  { name: "read-only", path: readOnly, says: "cannot be written. Give this user", asNobody: true },
];
/** `npm start` begins as `ledge serve` does: two of them tell. */
const ALL = PROGRAMS.flatMap((one) =>
  (one.program === "npm start" ? FOLDERS.slice(0, 2) : FOLDERS).map((two) => ({ ...one, ...two })),
);

describe("a data folder", () => {
  test.each(ALL.filter(({ asNobody = false }) => isRoot || !asNobody))(
    "$name is refused by $program",
    async ({ args, path, says, asNobody = false }) => {
      const [command = "", ...before] = [...(asNobody ? AS_NOBODY : []), process.execPath];
      const child = spawn(command, [...before, ...args, "--data", path, "--port", "0"], {
        cwd: root,
        env: cleanEnvironment({}),
      });
      const { status, stderr } = await finish(child);
      expect([status, stderr]).toEqual([1, expect.stringContaining(says)]);
      expect(stderr).not.toContain("    at ");
    },
  );
});
