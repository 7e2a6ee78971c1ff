import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { formatToken, newToken, secretDigest } from "../../../lib/core/token.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { openServedBucket } from "../../../testkit/bucket.ts";
import { variablesOf } from "../../../testkit/bucket-settings.ts";
import { buildFor, LEDGE_MANIFEST, openTestHost } from "../../../testkit/host.ts";
import { testNativeEngine } from "../../../testkit/native.ts";
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

type EngineName = "wasm" | "native";
const SECRET = "x".repeat(40);
const VALUE = JSON.stringify("v".repeat(100_000));

/** A host with the namespace `shop`, whose store lies on a small disk beside a file that leaves room when it goes. */
async function hostOnSmallDisk(engine: EngineName, variables: Record<string, string> = {}) {
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
    ...(engine === "native" ? { engine: testNativeEngine() } : {}),
    variables: { bootstrap_secret: SECRET, ...variables },
  });
  const made = newToken((length) => randomBytes(length));
  const send = async (method: string, path: string, body?: string, bearer = formatToken(made)) => {
    const answer = await fetch(host.url + path, {
      method,
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body }),
    });
    return { status: answer.status, text: await answer.text() };
  };
  const first = { name: "root", accessor: made.accessor, digest: secretDigest(made.secret) };
  expect(await send("POST", "/v1/admin/bootstrap", JSON.stringify(first), SECRET)).toMatchObject({
    status: 201,
  });
  expect(await send("PUT", "/v1/admin/namespaces/shop", "{}")).toMatchObject({ status: 201 });
  /** Not a byte is left, whatever the file system rounds to. */
  const fill = () => {
    const rest = openSync(join(disk, "rest"), "a");
    try {
      for (;;) writeSync(rest, new Uint8Array(4096));
    } catch (error) {
      expect(error).toMatchObject({ code: "ENOSPC" });
    } finally {
      closeSync(rest);
    }
  };
  const free = () => {
    rmSync(filler, { force: true });
    rmSync(join(disk, "rest"), { force: true });
  };
  return { host, send, fill, free };
}

describe.skipIf(!canMount).each<EngineName>(["wasm", "native"])(
  "a full disk (needs the right to mount one), engine %s",
  (engine) => {
    test("refuses writes as storage_full, loses nothing, serves on, and writes with room", async () => {
      const { host, send, free } = await hostOnSmallDisk(engine);
      const kept: string[] = [];
      let refused = { status: 0, text: "" };
      for (let nth = 0; nth < 60 && refused.status === 0; nth += 1) {
        const answer = await send("PUT", `/v1/write/shop?key=k${nth}`, VALUE);
        if (answer.status === 201) kept.push(`k${nth}`);
        else refused = answer;
      }
      expect([refused.status, JSON.parse(refused.text).code]).toEqual([507, "storage_full"]);
      expect(kept.length).toBeGreaterThan(0);
      for (const key of kept) expect((await send("GET", `/v1/read/shop?key=${key}`)).text).toBe(VALUE);

      free();
      expect((await send("PUT", "/v1/write/shop?key=later", VALUE)).status).toBe(201);
      const db = openNodeDb(host.databaseFile, { readonly: true });
      onTestFinished(() => db.close());
      checkStore(db);
      expect(db.all("select count(*) from entry where namespace='shop'")).toEqual([[kept.length + 1]]);
    });

    test("fails backups as storage_full, and says so, until there is room", async () => {
      const { server } = await openServedBucket();
      const { send, fill, free } = await hostOnSmallDisk(engine, variablesOf(server));
      const backup = async () => JSON.parse((await send("GET", "/v1/backup/status")).text);
      expect(await send("POST", "/v1/backup/run")).toMatchObject({ status: 200 });
      expect(await backup()).toMatchObject({ state: "ok", behindRevisions: 0, lastError: null });
      expect(await send("PUT", "/v1/write/shop?key=waits", VALUE)).toMatchObject({ status: 201 });

      fill();
      const run = await send("POST", "/v1/backup/run");
      expect([run.status, JSON.parse(run.text).code]).toEqual([507, "storage_full"]);
      expect(await backup()).toMatchObject({
        state: "failing",
        behindRevisions: 1,
        lastError: { code: "storage_full" },
      });
      const put = await send("PUT", "/v1/write/shop?key=refused", VALUE);
      expect([put.status, JSON.parse(put.text).code]).toEqual([507, "storage_full"]);
      const status = JSON.parse((await send("GET", "/v1/admin/status")).text);
      expect(status.backup).toMatchObject({ state: "failing", lastError: { code: "storage_full" } });
      expect((await send("GET", "/v1/read/shop?key=waits")).text).toBe(VALUE);

      free();
      expect(await send("POST", "/v1/backup/run")).toMatchObject({ status: 200 });
      expect(await backup()).toMatchObject({ state: "ok", behindRevisions: 0, lastError: null });
      expect(await send("PUT", "/v1/write/shop?key=refused", VALUE)).toMatchObject({ status: 201 });
    });
  },
);
