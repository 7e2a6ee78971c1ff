import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FULL } from "../../testkit/crash-sample.ts";
import { root } from "../../testkit/processes.ts";

describe("npm run demo:edge", () => {
  test.runIf(FULL)("ends with every edge where it should be", () => {
    const ran = spawnSync(process.execPath, [join(root, "dist/programs/demo-edge.mjs")], {
      encoding: "utf8",
      cwd: root,
    });
    expect(ran.stderr).not.toContain("Error");
    expect(ran.stdout).toContain("✓ the link is back, and all have 200");
    expect(ran.stdout).toContain("✓ the origin is back");
    expect(ran.stdout).toMatch(/✓ taken back .* lon-2 never saw it/);
    // No colours but on a terminal.
    expect(ran.stdout).not.toContain("\u001b[");
    expect(ran.status).toBe(0);
  });
});
