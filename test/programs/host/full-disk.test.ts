import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { formatToken, newToken, secretDigest } from "../../../lib/core/token.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { buildFor, openTestHost, root } from "../../../testkit/host.ts";
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

beforeAll(() => buildFor(join(root, "spin.toml")));

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
    const secret = "x".repeat(40);
    const host = await openTestHost({
      manifest: join(root, "spin.toml"),
      stateDir,
      variables: { bootstrap_secret: secret },
    });
    const made = newToken((length) => randomBytes(length));
    const headers = { authorization: `Bearer ${formatToken(made)}`, "content-type": "application/json" };
    const send = async (
      method: string,
      path: string,
      body?: string,
      given: Record<string, string> = headers,
    ) => {
      const answer = await fetch(host.url + path, {
        method,
        headers: given,
        ...(body === undefined ? {} : { body }),
      });
      return { status: answer.status, text: await answer.text() };
    };
    const first = JSON.stringify({
      name: "root",
      accessor: made.accessor,
      digest: secretDigest(made.secret),
    });
    expect(
      (await send("POST", "/v1/admin/bootstrap", first, { ...headers, authorization: `Bearer ${secret}` }))
        .status,
    ).toBe(201);
    expect((await send("PUT", "/v1/admin/namespaces/shop", "{}")).status).toBe(201);

    const value = JSON.stringify("v".repeat(100_000));
    const kept: string[] = [];
    let refused = { status: 0, text: "" };
    for (let nth = 0; nth < 60 && refused.status === 0; nth += 1) {
      const answer = await send("PUT", `/v1/write/shop?key=k${nth}`, value);
      if (answer.status === 201) kept.push(`k${nth}`);
      else refused = answer;
    }
    expect([refused.status, JSON.parse(refused.text).code]).toEqual([507, "storage_full"]);
    expect(kept.length).toBeGreaterThan(0);
    for (const key of kept) expect((await send("GET", `/v1/read/shop?key=${key}`)).text).toBe(value);

    rmSync(filler);
    expect((await send("PUT", "/v1/write/shop?key=later", value)).status).toBe(201);
    const db = openNodeDb(host.databaseFile);
    onTestFinished(() => db.close());
    checkStore(db);
    expect(db.all("select count(*) from entry where namespace='shop'")).toEqual([[kept.length + 1]]);
  });
});
