import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { ask } from "../../../testkit/ask.ts";
import { buildFor, LEDGE_MANIFEST, openTestHost } from "../../../testkit/host.ts";
import {
  BOOTSTRAP_SECRET,
  makeNamespace,
  openTestServer,
  type TestServer,
  told,
} from "../../../testkit/server.ts";

beforeAll(() => buildFor(LEDGE_MANIFEST, ["config-read", "config-write", "admin"]));

async function openHosted(): Promise<TestServer> {
  vi.stubEnv("LEDGE_TEST_HOST", "wasm");
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const server = await openTestServer();
  await makeNamespace(server, "shop");
  return server;
}

const write = (server: TestServer) =>
  server.send("PUT", "/v1/write/shop?key=k", {
    headers: { "content-type": "text/plain", "if-none-match": "*" },
    body: "x",
  });

const revision = ({ db }: TestServer) => db.all("select max(revision) from commits")[0]?.[0];

/** What a statement does when it ends, not when it begins: an answer before that would be a lie. */
describe("a write through the host whose commit cannot be", () => {
  test("is refused as busy while somebody reads, and goes through after that", async () => {
    const server = await openHosted();
    const before = revision(server);
    server.db.all("begin");
    server.db.all("select * from store");
    expect(told(await write(server))).toBe("503 busy");
    server.db.all("rollback");
    expect(revision(server)).toBe(before);
    expect(told(await write(server))).toBe("201");
  });

  test("is not answered with a revision when a deferred check fails", async () => {
    const server = await openHosted();
    const before = revision(server);
    const rule = [
      "create table z_parent(id integer primary key)",
      "create table z_child(id references z_parent(id) deferrable initially deferred)",
      "create trigger z_rule after insert on commits begin insert into z_child values (99); end",
    ];
    for (const statement of rule) server.db.all(statement);
    const reply = await write(server);
    expect(reply.status).toBeGreaterThanOrEqual(500);
    expect(reply.headers.etag).toBeUndefined();
    for (const statement of ["drop trigger z_rule", "drop table z_child", "drop table z_parent"])
      server.db.all(statement);
    expect(revision(server)).toBe(before);
    expect(told(await write(server))).toBe("201");
  });
});

describe("a store in memory, as on Spin without a state folder", () => {
  test("is not ready, and takes no first token that would be lost", async () => {
    const host = await openTestHost({
      manifest: LEDGE_MANIFEST,
      databases: { default: ":memory:" },
      variables: { bootstrap_secret: BOOTSTRAP_SECRET },
    });
    const ready = await ask(host, "GET", "/readyz");
    expect([ready.status, ready.json]).toMatchObject([503, { code: "store_in_memory" }]);
    const first = await ask(host, "POST", "/v1/admin/bootstrap", {
      token: BOOTSTRAP_SECRET,
      json: { name: "root", accessor: "a".repeat(12), digest: "a".repeat(64) },
    });
    expect([first.status, first.json]).toMatchObject([503, { code: "store_in_memory" }]);
  });
});
