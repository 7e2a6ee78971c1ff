import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LEASE_MS } from "../../lib/store/catalogue/lease.ts";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { openBetween } from "../../testkit/between.ts";
import { endLease, rowOf, stealLease } from "../../testkit/operation.ts";
import { root, ledge as run, temporaryFolder } from "../../testkit/processes.ts";
import { serveCommand } from "../../testkit/served-command.ts";

const { folder, data, url, ledge } = serveCommand("cli");

describe("ledge get", () => {
  test("prints the bytes as stored, and nothing else on standard output", async () => {
    expect(await ledge(["get", "demo/banner"])).toMatchObject({
      status: 0,
      stdout: "Hello from Ledge",
      stderr: "",
    });
  });

  test("prints facts and value with -o json", async () => {
    const { stdout, status } = await ledge(["get", "demo/limits/api", "-o", "json"]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      namespace: "demo",
      key: "limits/api",
      mediaType: "application/json",
      value: { burst: 200 },
      etag: expect.stringMatching(/^"\d+-[0-9a-f]{8}"$/),
    });
  });

  test("ends with 3 for what is not there, and says so on standard error", async () => {
    const ran = await ledge(["get", "demo/none"]);
    expect(ran).toMatchObject({ status: 3, stdout: "" });
    expect(ran.stderr).not.toBe("");
  });

  test("ends with 2 for a document without a key, and for an option that is not known", async () => {
    expect(await ledge(["get", "demo"])).toMatchObject({ status: 2, stdout: "" });
    const unknown = await ledge(["get", "demo/banner", "--colour"]);
    expect(unknown.status).toBe(2);
    expect(unknown.stderr).toContain("--colour");
    expect(await ledge(["get", "demo/banner", "-o", "yaml"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("yaml"),
    });
    expect(await ledge(["nonsense"])).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining("nonsense"),
    });
  });

  test("ends with 4 for a token that is none, and never prints it", async () => {
    const ran = await ledge(["get", "demo/banner"], { env: { LEDGE_TOKEN: "ldg_secretsecret" } });
    expect(ran).toMatchObject({ status: 4, stdout: "" });
    expect(ran.stderr).not.toContain("secretsecret");
  });

  test("ends with 7 when nobody answers, or no server is known", async () => {
    expect((await ledge(["--url", "http://127.0.0.1:9", "get", "demo/banner"])).status).toBe(7);
    const empty = temporaryFolder("nothing");
    const ran = await run(["--data", empty.path, "get", "demo/banner"]);
    empty.remove();
    expect(ran.status).toBe(7);
    expect(ran.stderr).toContain(`ledge serve --data ${empty.path}`);
  });
});

describe("ledge put and rm", () => {
  test("create, refuse to overwrite blindly (5), replace by ETag, and delete", async () => {
    expect(await ledge(["put", "demo/new", "1", "-m", "why"])).toMatchObject({
      status: 0,
      stdout: "",
      stderr: expect.stringContaining("created"),
    });
    const blind = await ledge(["put", "demo/new", "2"]);
    expect(blind.status).toBe(5);
    expect(blind.stderr).toContain("--if");
    expect((await ledge(["put", "demo/new", "2", "--if", "absent"])).status).toBe(5);
    const { etag } = JSON.parse((await ledge(["get", "demo/new", "-o", "json"])).stdout);
    expect((await ledge(["put", "demo/new", "2", "--if", etag])).stderr).toContain("changed");
    expect((await ledge(["put", "demo/new", "3", "--if", etag])).status).toBe(5);
    expect((await ledge(["rm", "demo/new"])).status).toBe(5);
    const gone = await ledge(["rm", "demo/new", "--if", "any", "-o", "json"]);
    expect(JSON.parse(gone.stdout)).toMatchObject({ changes: [{ op: "delete", result: "deleted" }] });
    expect((await ledge(["rm", "demo/new", "--if", "any"])).status).toBe(3);
  });

  test("wait for a value that comes into a pipe later", () => {
    const [node, command] = [process.execPath, join(root, "ledge")].map((word) => JSON.stringify(word));
    const late = `(sleep 2; echo late) | ${node} ${command} --data ${JSON.stringify(data)} put demo/late`;
    const ran = spawnSync("sh", ["-c", late], { encoding: "utf8" });
    expect([ran.status, ran.stderr]).toEqual([0, expect.stringContaining("demo/late created")]);
  });

  test("read the value from standard input or a file, and find the media type", async () => {
    expect((await ledge(["put", "demo/from-stdin", "-"], { stdin: "plain words" })).status).toBe(0);
    const file = join(folder, "bytes");
    writeFileSync(file, Uint8Array.from([0xff, 0, 1]));
    expect((await ledge(["put", "demo/from-file", "-f", file])).status).toBe(0);
    expect(JSON.parse((await ledge(["get", "demo/from-stdin", "-o", "json"])).stdout)).toMatchObject({
      mediaType: expect.stringContaining("text/plain"),
      text: "plain words",
    });
    expect(JSON.parse((await ledge(["get", "demo/from-file", "-o", "json"])).stdout)).toMatchObject({
      mediaType: "application/octet-stream",
      base64: "/wAB",
    });
    expect((await ledge(["put", "demo/x", "1", "-f", file])).status).toBe(2);
  });

  test("end with 6 where a rule of the namespace refuses", async () => {
    expect((await ledge(["ns", "put", "strict", "--message-required", "--quota-keys", "1"])).status).toBe(0);
    expect((await ledge(["put", "strict/a", "1"])).status).toBe(6);
    expect((await ledge(["put", "strict/a", "1", "-m", "first"])).status).toBe(0);
    expect((await ledge(["put", "strict/b", "1", "-m", "second"])).status).toBe(6);
    expect((await ledge(["put", "missing/b", "1"])).status).toBe(3);
  });
});

describe("ledge ls", () => {
  test("shows namespaces, folders and documents", async () => {
    expect((await ledge(["ls"])).stdout).toMatch(/^NAMESPACE.*\n(.*\n)*demo/);
    const table = (await ledge(["ls", "demo"])).stdout;
    expect(table).toMatch(/^KEY\s+REVISION/);
    expect(table).toMatch(/^limits\/$/m);
    const { documents } = JSON.parse((await ledge(["ls", "demo/limits/", "-o", "json"])).stdout);
    expect(documents.map((one: { key: string }) => one.key)).toEqual(["limits/api", "limits/upload"]);
  });
});

describe("ledge token and ns", () => {
  test("make a token whose secret is printed once, which works until it is revoked", async () => {
    const made = await ledge(["token", "create", "reader", "-g", "read:demo/limits/"]);
    expect(made.status).toBe(0);
    const token = made.stdout.trim();
    expect(token).toMatch(/^ldg_[a-z2-7]{12}_[0-9A-Za-z]{49}$/);
    const env = { LEDGE_TOKEN: token };
    expect((await ledge(["get", "demo/limits/api"], { env })).status).toBe(0);
    expect((await ledge(["get", "demo/banner"], { env })).status).toBe(4);
    expect((await ledge(["put", "demo/limits/api", "{}", "--if", "any"], { env })).status).toBe(4);
    const accessor = token.slice(4, 16);
    expect((await ledge(["token", "ls"])).stdout).toMatch(new RegExp(`${accessor}\\s+reader\\s+live`));
    expect((await ledge(["token", "revoke", accessor])).status).toBe(0);
    expect((await ledge(["get", "demo/limits/api"], { env })).status).toBe(4);
    expect((await ledge(["token", "ls"])).stdout).toMatch(new RegExp(`${accessor}\\s+reader\\s+revoked`));
    expect((await ledge(["token", "create", "x", "-g", "nonsense"])).status).toBe(2);
    expect((await ledge(["token", "create", "x", "-g", "fly:demo"])).status).toBe(2);
  });

  test("make a namespace, list it, and remove it when it is empty", async () => {
    expect((await ledge(["ns", "put", "brief", "--description", "gone soon", "--public"])).status).toBe(0);
    expect((await ledge(["ns", "ls"])).stdout).toMatch(/brief\s+0\s+0 B\s+yes\s+gone soon/);
    expect((await ledge(["ns", "rm", "demo"])).status).toBe(6);
    expect((await ledge(["ns", "rm", "brief"])).status).toBe(0);
    expect((await ledge(["ns", "rm", "brief"])).status).toBe(3);
    expect((await ledge(["ns", "put", "Bad_Name"])).status).toBe(2);
  });
});

describe("ledge backup, restore and status", () => {
  test("back up, say so, and build a database from the bucket while the server runs", async () => {
    const first = await ledge(["backup", "run", "-o", "json"]);
    expect(first.status).toBe(0);
    const status = await ledge(["status", "-o", "json"]);
    const { head, backup } = JSON.parse(status.stdout);
    expect(backup).toMatchObject({ exportedRevision: head });
    expect((await ledge(["status"])).stdout).toContain(`up to revision ${head}`);
    const again = await ledge(["backup", "run"]);
    expect(again.stderr).toMatch(new RegExp(`^✓ the bucket holds revision ${head}\n`));
    const file = join(folder, "restored.db");
    expect((await ledge(["restore", "--to", file])).status).toBe(0);
    expect(statSync(file).size).toBeGreaterThan(0);
    const twice = await ledge(["restore", "--to", file]);
    expect(twice.status).not.toBe(0);
    expect((await ledge(["restore", "--to", join(folder, "r2.db"), "--revision", "999999"])).status).toBe(3);
    expect((await ledge(["restore", "--to", join(folder, "r3.db"), "--from", "nowhere"])).status).toBe(2);
    expect((await ledge(["restore"])).status).toBe(2);
  });

  test("wait for a run that is at work already, so that a script may count on the end", async () => {
    const db = openNodeDb(join(data, "ledge.db"), { wal: true });
    // First, so that the server's own schedule does not take the change along before.
    stealLease(db, Date.now() + LEASE_MS);
    expect((await ledge(["put", "demo/waited-for", "1"])).status).toBe(0);
    // It ends once the command has seen it.
    const between = await openBetween(url(), async ({ path, nth }) => {
      if (path === "/v1/backup/run" && nth === 2) endLease(db);
      return undefined;
    });
    const token = readFileSync(join(data, "admin-token"), "utf8").trim();
    const ran = await ledge(["backup", "run"], { env: { LEDGE_URL: between.url, LEDGE_TOKEN: token } });
    await between.close();
    const [row] = db.all("select revision from store");
    expect([ran.status, ran.stderr]).toEqual([
      0,
      expect.stringMatching(new RegExp(`^✓ the bucket holds revision ${row}`)),
    ]);
    expect(row).toEqual([rowOf(db, "position").revision]);
    db.close();
  });

  test("end with 1 and the object's name when the bucket is damaged, and leave no file", async () => {
    expect((await ledge(["backup", "run"])).status).toBe(0);
    expect(JSON.parse((await ledge(["backup", "status", "-o", "json"])).stdout)).toMatchObject({
      state: "ok",
      lastError: null,
    });
    const objects = join(data, "bucket", "objects");
    const packed = readdirSync(objects, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".ndjson.gz._S3rver_object"),
    );
    const whole = packed.map((name) => readFileSync(join(objects, name)));
    expect(packed.length).toBeGreaterThan(0);
    for (const [index, name] of packed.entries())
      writeFileSync(
        join(objects, name),
        whole[index]?.map((byte, at) => (at === 40 ? byte ^ 1 : byte)) ?? "",
      );
    const file = join(folder, "damaged.db");
    const ran = await ledge(["restore", "--to", file]);
    for (const [index, name] of packed.entries()) writeFileSync(join(objects, name), whole[index] ?? "");
    expect(ran).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining(".ndjson.gz") });
    expect(readdirSync(folder).filter((name) => name.startsWith("damaged"))).toEqual([]);
    expect((await ledge(["restore", "--to", file])).status).toBe(0);
  });
});
