/** No secret of a run is anywhere but where it belongs: a real server, its most talkative log, a session of many commands. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { formatToken, newToken } from "../../lib/core/token.ts";
import { ask } from "../../testkit/ask.ts";
import { filesBelow, findSecrets, type Listener, listenBetween, type Place } from "../../testkit/canaries.ts";
import { ledge, type Ran, type StartedServer, serve, temporaryFolder } from "../../testkit/processes.ts";

const BOOTSTRAP = "canary-bootstrap-secret-of-forty-letters";
const RECOVERY = "canary-recovery-secret-of-forty-letters-";
const TALKATIVE = ["--log", "json", "--log-level", "debug", "--log-requests"];
/** Where secrets belong: the root token's file, and the bundled bucket's credentials. */
const HOMES = ["admin-token", join("bucket", "credentials.json")];
const MARK = "a-value-that-is-found";

interface Session {
  readonly data: string;
  readonly listener: Listener;
  /** What commands said, but for a token that was asked for. */
  readonly said: Place[];
  readonly secrets: Record<string, string>;
}

const secretOf = (token: string) => token.trim().slice("ldg_".length + 13, -6);
const rootToken = ({ data }: Session) => readFileSync(join(data, "admin-token"), "utf8").trim();

/** A command as the data folder's root, past the listener. It ends with 0. */
async function type(session: Session, args: readonly string[], stdin?: string): Promise<Ran> {
  const { data, listener, said } = session;
  const makes = args[0] === "token" && ["create", "rotate"].includes(args[1] ?? "");
  const flags = ["--url", listener.url, "--data", data, "--token-file", join(data, "admin-token")];
  const ran = await ledge([...flags, ...args], stdin === undefined ? {} : { stdin });
  expect([args, ran.status, ran.stderr]).toEqual([args, 0, expect.any(String)]);
  const words = makes ? ran.stderr : ran.stdout + ran.stderr;
  said.push({ name: `what ${args.slice(0, 2).join(" ")} said`, bytes: Buffer.from(words) });
  return ran;
}

/** Tokens, documents, backups, and a purge; each new secret is noted under its name. */
async function work(session: Session): Promise<string> {
  const { secrets } = session;
  const keep = (name: string, { stdout }: Ran) => {
    secrets[name] = secretOf(stdout);
    expect(secrets[name]).toMatch(/^[0-9A-Za-z]{43}$/);
    return stdout.trim();
  };
  secrets["the first root token"] = secretOf(rootToken(session));
  await type(session, ["ns", "put", "shop"]);
  const made = keep("a made token", await type(session, ["token", "create", "ci", "-g", "read,write:shop"]));
  const accessor = made.slice(4, 16);
  keep("a rotated token", await type(session, ["token", "rotate", accessor]));
  keep("a token with an overlap", await type(session, ["token", "rotate", accessor, "--overlap", "1h"]));
  await type(session, ["put", "shop/a", MARK]);
  await type(session, ["put", "shop/pasted", "x"]);
  await type(session, ["purge", "shop/pasted", "-m", "oops", "--yes"]);
  await type(session, ["token", "revoke", accessor, "--yes"]);
  for (const args of [["token", "ls"], ["whoami"], ["log"], ["history", "shop/a"], ["status"]])
    await type(session, [...args, "-o", "json"]);
  for (const args of [["run"], ["prove"], ["verify"], ["ls"]]) await type(session, ["backup", ...args]);
  return made;
}

/** Secrets in the wrong places, and wrong secrets: each is refused, and none is said again. */
async function misuse({ listener, secrets, ...session }: Session, revoked: string): Promise<void> {
  const token = rootToken({ listener, secrets, ...session });
  const stranger = formatToken(newToken((length) => new Uint8Array(length).fill(length)));
  secrets["a stranger's token"] = secretOf(stranger);
  const wrong = `${token.slice(0, 17)}${secretOf(stranger)}${token.slice(-6)}`;
  for (const bad of [stranger, wrong, revoked, BOOTSTRAP, RECOVERY, `${token}x`])
    for (const path of ["/v1/whoami", "/v1/read/shop?key=a", "/v1/admin/status"])
      expect((await ask(listener, "GET", path, { token: bad })).status).toBe(401);
  const asks = [
    ["GET", `/v1/read/shop?key=a&access_token=${token}`, {}],
    ["GET", "/v1/read/shop?key=a", { headers: { "ledge-token": token } }],
    [
      "GET",
      "/v1/whoami",
      { headers: { authorization: `Basic ${Buffer.from(`x:${token}`).toString("base64")}` } },
    ],
    ["GET", `/v1/list/shop?cursor=${token}`, {}],
    ["GET", "/v1/whoami", { headers: { cookie: `token=${token}`, authorization: `Token ${token}` } }],
    ["PUT", "/v1/write/shop?key=b", { token, body: "x", headers: { "content-type": token } }],
    ["POST", "/v1/commit", { token, json: { token } }],
    ["POST", "/v1/admin/tokens", { token, json: { name: "x", secret: secretOf(token) } }],
    ["POST", "/v1/admin/bootstrap", { token: `${BOOTSTRAP}x`, json: {} }],
    ["POST", "/v1/admin/bootstrap", { token: BOOTSTRAP, json: { secret: BOOTSTRAP } }],
    ["GET", "/v1/backup/restore", { token: BOOTSTRAP }],
    ["POST", "/v1/admin/recover", { token: `${RECOVERY}x`, json: {} }],
    ["POST", "/v1/admin/recover", { token: RECOVERY, json: { secret: RECOVERY } }],
  ] as const;
  for (const [method, path, sending] of asks) {
    const { status } = await ask(listener, method, path, sending);
    expect([method, path, status]).toEqual([method, path, expect.any(Number)]);
  }
}

describe("the secrets of a run", () => {
  test("are in no log, answer, metric, object or page of a file", async () => {
    const { path: folder, remove } = temporaryFolder("canaries");
    const data = join(folder, "data");
    const begin = (...more: string[]) =>
      serve(data, [...TALKATIVE, "--no-demo", ...more], {
        SPIN_VARIABLE_BOOTSTRAP_SECRET: BOOTSTRAP,
        SPIN_VARIABLE_RECOVERY_SECRET: RECOVERY,
      });
    const servers: StartedServer[] = [await begin()];
    const listener = await listenBetween(servers[0]?.url ?? "");
    onTestFinished(async () => {
      listener.stop();
      for (const one of servers) await one.stop("SIGKILL");
      remove();
    });
    const bucket = JSON.parse(readFileSync(join(data, "bucket", "credentials.json"), "utf8"));
    const secrets = {
      "the bootstrap secret": BOOTSTRAP,
      "the recovery secret": RECOVERY,
      "the bucket's key": bucket.secretAccessKey,
    };
    const session: Session = { data, listener, said: [], secrets };

    await misuse(session, await work(session));
    for (const path of ["/metrics", "/v1/admin/tokens", "/v1/admin/status", "/openapi.json", "/healthz"])
      expect((await ask(listener, "GET", path, { token: rootToken(session) })).status).toBe(200);
    // While it runs: the log of the store beside its file.
    const places = filesBelow(data, HOMES).map(named("while it ran"));
    await type(session, ["restore", "--to", join(folder, "restored.db")]);
    const logs = [await servers[0]?.stop("SIGTERM")];
    // The machine is gone: the next start brings the store back from its bucket.
    rmSync(join(data, "ledge.db"));
    servers.push(await begin("--variable", "restore_on_start=true"));
    listener.target = servers[1]?.url ?? "";
    expect((await type(session, ["get", "shop/a"])).stdout).toBe(MARK);
    await type(session, ["backup", "run"]);
    logs.push(await servers[1]?.stop("SIGTERM"));

    places.push(
      ...filesBelow(
        folder,
        HOMES.map((home) => join("data", home)),
      ).map(named("in the end")),
    );
    places.push(...listener.answers.map(named("an answer to")), ...session.said);
    for (const ran of logs)
      places.push({ name: "the log", bytes: Buffer.from(`${ran?.stdout}${ran?.stderr}`) });
    // What is looked through is there: a value in the file, in its log, in an object, and an answer; requests in the log.
    const control = findSecrets({ value: MARK }, places).join("\n");
    for (const place of [/ledge\.db/, /ledge\.db-wal/, /restored\.db/, /bucket.*unpacked/, /an answer to/])
      expect(control).toMatch(place);
    expect(logs.map((ran) => ran?.stderr).join("")).toContain("/v1/read/shop");
    expect(findSecrets(secrets, places)).toEqual([]);
  });

  test("would be found: as they are, in base64 and hex, and in what is packed", () => {
    const secret = `${"s".repeat(20)}0123456789abcdefghijklm`;
    const { path, remove } = temporaryFolder("canary-forms");
    onTestFinished(remove);
    writeFileSync(join(path, "packed"), gzipSync(`...${secret}...`));
    writeFileSync(join(path, "home"), secret);
    const places = filesBelow(path, ["home"]);
    for (const form of [
      `x${secret}y`,
      Buffer.from(`x${secret}`).toString("base64"),
      Buffer.from(secret).toString("hex"),
    ])
      places.push({ name: "form", bytes: Buffer.from(form) });
    expect(findSecrets({ secret }, places)).toEqual([
      "secret in packed, unpacked",
      ...Array(3).fill("secret in form"),
    ]);
  });
});

function named(where: string): (place: Place) => Place {
  return ({ name, bytes }) => ({ name: `${where} ${name}`, bytes });
}
