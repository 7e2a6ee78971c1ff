import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, relative } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { formatToken, type ParsedToken, secretDigest } from "../../../lib/core/token.ts";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { migrate } from "../../../lib/store/sqlite/migrate.ts";
import { fill } from "../../../testkit/backup.ts";
import { openServedBucket } from "../../../testkit/bucket.ts";
import { variablesOf } from "../../../testkit/bucket-settings.ts";
import {
  buildFor,
  openTestHost,
  root,
  startTestHost,
  type TestHost,
  testFolder,
} from "../../../testkit/host.ts";
import { putReserved, tokenDocument } from "../../../testkit/proposals.ts";
import { committedMigrations } from "../../../testkit/store.ts";

/** The application on a host that looks at nothing and parks nobody, as Spin does. */
function manifestOfSpin(): string {
  const folder = testFolder();
  const text = readFileSync(join(root, "spin.toml"), "utf8")
    .replaceAll('host_parks = "{{ host_parks }}"\n', "")
    .replaceAll('source = "dist/', `source = "${relative(folder, root)}/dist/`);
  const file = join(folder, "spin.toml");
  writeFileSync(file, text);
  return file;
}

const ROOT: ParsedToken = { accessor: "rrrrrrrrrrrr", secret: "r".repeat(43) };
const HOUR_MS = 3_600_000;

beforeAll(() => buildFor(join(root, "spin.toml")));

/** A store with some history and a root token. */
function openStore(): { stateDir: string; file: string } {
  const stateDir = testFolder();
  const file = join(stateDir, "ledge.db");
  const db = openNodeDb(file);
  migrate(db, committedMigrations());
  fill(db);
  const grants = [{ verbs: ["read", "write", "backup", "admin"], namespace: "*", scope: "" }];
  const document = tokenDocument({ digest: secretDigest(ROOT.secret), grants, creator: "aaaaaaaaaaaa" });
  expect(putReserved(db, "_auth", `token/${ROOT.accessor}`, document)).toMatchObject({ ok: true });
  db.close();
  return { stateDir, file };
}

async function ask(host: TestHost, method: string, path: string, body?: string, type = "text/plain") {
  const response = await fetch(`${host.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${formatToken(ROOT)}`, "content-type": type },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { status: response.status, code: response.ok ? null : JSON.parse(text).code, text };
}

const put = (host: TestHost, key: string) => ask(host, "PUT", `/v1/write/shop?key=${key}`, "x");
const exportNow = (host: TestHost) => ask(host, "POST", "/v1/backup/run");

/** Makes the last looks of a store older. */
function setBack(file: string, ms: number): void {
  const db = openNodeDb(file);
  db.all(
    "update operation set value=json_set(value,'$.atMs',(value->>'atMs')-?1) where name in ('look','look-asked')",
    [ms],
  );
  db.close();
}

/** A store whose file is an older copy than what its bucket holds, under the real components. */
async function putBack(lookedMsAgo: number): Promise<TestHost> {
  const { server } = await openServedBucket();
  const variables = variablesOf(server);
  const { stateDir, file } = openStore();
  const first = await startTestHost({ manifest: manifestOfSpin(), stateDir, variables });
  expect(await exportNow(first)).toMatchObject({ status: 200 });
  const copy = readFileSync(file);
  expect(await put(first, "later")).toMatchObject({ status: 201 });
  expect(await exportNow(first)).toMatchObject({ status: 200 });
  await first.stop();
  writeFileSync(file, copy);
  setBack(file, lookedMsAgo);
  return openTestHost({ manifest: manifestOfSpin(), stateDir, variables });
}

describe("a store whose file was put back, where nobody looked at the start", () => {
  const writes = [
    { name: "PUT", write: (host: TestHost) => put(host, "other") },
    {
      name: "a setting",
      write: (host: TestHost) => ask(host, "PUT", "/v1/admin/namespaces/fresh", "{}", "application/json"),
    },
  ];
  test.each(writes)("takes no write when the last look is over an hour old ($name)", async ({ write }) => {
    const host = await putBack(HOUR_MS);
    expect(await write(host)).toMatchObject({ status: 503, code: "read_only" });
    expect(await put(host, "again")).toMatchObject({ status: 503, code: "read_only" });
    expect(await ask(host, "GET", "/v1/read/shop?key=a")).toMatchObject({ status: 200 });
    const status = await ask(host, "GET", "/v1/backup/status");
    expect(JSON.parse(status.text)).toMatchObject({ state: "fork", finding: { cause: "ahead" } });
  });

  test("is not noticed by a write while the last look is younger", async () => {
    const host = await putBack(HOUR_MS - 600_000);
    expect(await put(host, "other")).toMatchObject({ status: 201 });
  });
});

/** A server that takes connections and never answers. */
async function silentServer(): Promise<{ url: string; connections: () => number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it listens on a port");
  return { url: `http://127.0.0.1:${address.port}`, connections: () => connections };
}

describe("a write that asks for a look", () => {
  const settings = { bucket_name: "b", bucket_access_key_id: "k", bucket_secret_access_key: "s" };

  test("goes on without one where the bucket is silent, and the next does not ask", async () => {
    const { url, connections } = await silentServer();
    const { stateDir, file } = openStore();
    const host = await startTestHost({
      manifest: manifestOfSpin(),
      stateDir,
      variables: { ...settings, bucket_endpoint: url },
    });
    onTestFinished(() => host.stop());
    expect(await put(host, "one")).toMatchObject({ status: 201 });
    const asked = connections();
    expect(asked).toBeGreaterThan(0);
    const noted = looks(file);
    expect(Object.keys(noted)).toEqual(["look-asked"]);
    expect(await put(host, "two")).toMatchObject({ status: 201 });
    expect(looks(file)).toEqual(noted);
  });

  test("notes the try where settings of the bucket are wrong, too", async () => {
    const { stateDir, file } = openStore();
    const variables = { ...settings, bucket_endpoint: "http://127.0.0.1:1", bucket_path_style: "perhaps" };
    const host = await openTestHost({ manifest: manifestOfSpin(), stateDir, variables });
    expect(await put(host, "one")).toMatchObject({ status: 201 });
    expect(Object.keys(looks(file))).toEqual(["look-asked"]);
  });

  test("asks nobody where no bucket is set, or where nothing would be written", async () => {
    const { stateDir, file } = openStore();
    const without = await startTestHost({ manifest: manifestOfSpin(), stateDir });
    expect(await put(without, "one")).toMatchObject({ status: 201 });
    await without.stop();
    const variables = { ...settings, bucket_endpoint: "http://127.0.0.1:1" };
    const host = await openTestHost({ manifest: manifestOfSpin(), stateDir, variables });
    expect(await put(host, "one")).toMatchObject({ status: 428 });
    expect(looks(file)).toEqual({});
  });
});

/** The stored looks by name, with their moments. */
function looks(file: string): Readonly<Record<string, unknown>> {
  const db = openNodeDb(file);
  const rows = db.all("select name, value->>'atMs' from operation where name in ('look','look-asked')");
  db.close();
  return Object.fromEntries(rows.map(([name, atMs]) => [String(name), atMs]));
}
