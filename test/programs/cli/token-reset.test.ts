import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openNodeDb } from "../../../lib/store/sqlite/driver-node.ts";
import { ask } from "../../../testkit/ask.ts";
import { ledge, type Ran, serve, temporaryFolder } from "../../../testkit/processes.ts";
import { checkStore } from "../../../testkit/store.ts";

const folder = temporaryFolder("reset");
const data = join(folder.path, "lost");
const tokenIn = (dir: string) => readFileSync(join(dir, "admin-token"), "utf8").trim();
const tokenFiles = (dir: string) => readdirSync(dir).filter((name) => name.startsWith("admin-token"));
let first: { readonly pid: number; readonly token: string; readonly refused: Ran };

/** A stopped store in read-only mode, and what was said while its server ran. */
beforeAll(async () => {
  const { pid, stop } = await serve(data, ["--no-demo"]);
  const refused = await ledge(["token", "reset", "--data", data]);
  await ledge(["--data", data, "mode", "read-only"]);
  await stop();
  first = { pid, token: tokenIn(data), refused };
});
afterAll(() => folder.remove());

describe("ledge token reset", () => {
  test("refuses while a process has the store open, and names it", () => {
    const { refused, pid } = first;
    expect([refused.status, refused.stderr]).toEqual([6, expect.stringContaining(String(pid))]);
  });

  test("leaves everything as it is where there is no store, or none that can be read", async () => {
    const none = await ledge(["token", "reset", "--data", folder.path]);
    expect([none.status, none.stderr]).toEqual([3, expect.stringContaining("ledge.db")]);
    const damaged = join(folder.path, "damaged");
    cpSync(data, damaged, { recursive: true });
    writeFileSync(join(damaged, "ledge.db"), "no database".repeat(1000));
    const ran = await ledge(["token", "reset", "--data", damaged]);
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringContaining("ledge.db")]);
    expect([tokenIn(damaged), tokenFiles(damaged)]).toEqual([first.token, ["admin-token"]]);
  });

  test("makes a root token in a file of its owner, and the log says who did it", async () => {
    const ran = await ledge(["token", "reset", "--data", data]);
    expect([ran.status, ran.stdout, ran.stderr.includes(tokenIn(data))]).toEqual([0, "", false]);
    expect(tokenIn(data)).not.toBe(first.token);
    expect(statSync(join(data, "admin-token")).mode & 0o777).toBe(0o600);
    expect(tokenFiles(data)).toHaveLength(2);
    const db = openNodeDb(join(data, "ledge.db"));
    checkStore(db);
    const [commit] = db.all("select actor,message from commits order by revision desc limit 1");
    db.close();
    expect(commit).toEqual(["_reset", expect.stringMatching(/^ledge token reset by .+ on .+/)]);
  });

  test("makes one that opens the store again once the server runs", async () => {
    const server = await serve(data, ["--no-demo"]);
    expect((await ledge(["--data", data, "mode", "open"])).status).toBe(0);
    const log = await ask(server, "GET", "/v1/commits?actor=_reset", { token: tokenIn(data) });
    expect(log.json).toMatchObject({ commits: [{ actor: "_reset" }] });
    expect((await ledge(["--data", data, "backup", "run"])).status).toBe(0);
    await server.stop();
  });
});
