import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../../testkit/processes.ts";

describe("npm run demo:bcd", () => {
  test("ends with every document equal, on a cut of the records", () => {
    const ran = spawnSync(process.execPath, [join(root, "dist/programs/demo-bcd.mjs"), "--every", "20"], {
      encoding: "utf8",
      cwd: root,
    });
    expect(ran.stderr).not.toContain("Error");
    // 20,968 records, each twentieth: two pages and more, so that cursors are part of it.
    expect(ran.stdout).toContain("✓ all 1049 documents are equal, byte for byte");
    expect(ran.status).toBe(0);
  });
});

describe("npm run demo:disaster", () => {
  test("ends with nothing lost that was proven, on a cut of the records", () => {
    const args = ["--every", "40", "--seconds", "2"];
    const ran = spawnSync(process.execPath, [join(root, "dist/programs/demo-disaster.mjs"), ...args], {
      encoding: "utf8",
      cwd: root,
    });
    expect(ran.stderr).not.toContain("Error");
    expect(ran.stdout).toContain("✓ nothing that was proven is lost");
    expect(ran.stdout).toMatch(/✓ back after .* s, writing in epoch 1/);
    expect(ran.status).toBe(0);
  });
});
