import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { newToken } from "../../../lib/core/token.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { type Answer, ask, askAs } from "../../../testkit/ask.ts";
import { buildFor, LEDGE_MANIFEST, openTestHost } from "../../../testkit/host.ts";
import { BOOTSTRAP_SECRET, digestOf } from "../../../testkit/server.ts";
import { checkStore } from "../../../testkit/store.ts";

/** A disk of 3 MB, where mounting one is allowed. */
function smallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "ledge-disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", folder]).status === 0;
  if (!mounted) rmSync(folder, { recursive: true });
  return mounted ? folder : undefined;
}

const canMount = (() => {
  const disk = smallDisk();
  if (disk === undefined) return false;
  spawnSync("umount", [disk]);
  rmSync(disk, { recursive: true, force: true });
  return true;
})();

beforeAll(() => buildFor(LEDGE_MANIFEST));

describe.skipIf(!canMount)("a full disk (needs the right to mount one)", () => {
  test("refuses writes as storage_full, loses nothing, serves on, and writes with room", async () => {
    const disk = smallDisk() ?? "";
    onTestFinished(() => {
      spawnSync("umount", ["-l", disk]);
      rmSync(disk, { recursive: true, force: true });
    });
    const stateDir = join(disk, "data");
    mkdirSync(stateDir);
    const filler = join(disk, "filler");
    writeFileSync(filler, new Uint8Array(1_000_000));
    const host = await openTestHost({
      manifest: LEDGE_MANIFEST,
      stateDir,
      variables: { bootstrap_secret: BOOTSTRAP_SECRET },
    });
    const made = newToken((length) => randomBytes(length));
    const asRoot = askAs(made);
    const first = { name: "root", accessor: made.accessor, digest: digestOf(made) };
    const begun = await ask(host, "POST", "/v1/admin/bootstrap", { token: BOOTSTRAP_SECRET, json: first });
    expect(begun.status).toBe(201);
    expect((await asRoot(host, "PUT", "/v1/admin/namespaces/shop", { json: {} })).status).toBe(201);

    const value = "v".repeat(100_000);
    const kept: string[] = [];
    let refused: Answer | undefined;
    for (let nth = 0; nth < 60 && refused === undefined; nth += 1) {
      const answer = await asRoot(host, "PUT", `/v1/write/shop?key=k${nth}`, { json: value });
      if (answer.status === 201) kept.push(`k${nth}`);
      else refused = answer;
    }
    expect([refused?.status, refused?.json.code]).toEqual([507, "storage_full"]);
    expect(kept.length).toBeGreaterThan(0);
    for (const key of kept) expect((await asRoot(host, "GET", `/v1/read/shop?key=${key}`)).json).toBe(value);

    rmSync(filler);
    expect((await asRoot(host, "PUT", "/v1/write/shop?key=later", { json: value })).status).toBe(201);
    const db = openNodeDb(host.databaseFile);
    onTestFinished(() => db.close());
    checkStore(db);
    expect(db.all("select count(*) from entry where namespace='shop'")).toEqual([[kept.length + 1]]);
  });
});
