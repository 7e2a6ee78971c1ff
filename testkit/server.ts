/**
 * One way to speak to Ledge in tests: the handlers in this process over a store file, routed by the prefixes
 * of spin.toml, or, with LEDGE_TEST_HOST=wasm, the built components on the embedded host, with
 * LEDGE_TEST_HOST=native the native engine, and with LEDGE_TEST_STORE=libsql the components'
 *  store on a real libSQL server. The store is checked after every test.
 */
import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { HttpReply } from "../lib/core/http.ts";
import { formatToken, newToken, type ParsedToken } from "../lib/core/token.ts";
import type { Db } from "../lib/store/sqlite/driver.ts";
import { openNodeDb } from "../lib/store/sqlite/driver-node.ts";
import type { DatabaseAddress } from "../programs/host/spin/databases.ts";
import { chainTo, handlersOf } from "./handlers.ts";
import { testFolder } from "./host.ts";
import { isNative, lendHost } from "./lent-hosts.ts";
import { checkExchange } from "./openapi.ts";
import { openSqld } from "./sqld.ts";
import { checkStore, committedMigrations } from "./store.ts";
import { worldOver } from "./world.ts";

export const BOOTSTRAP_SECRET = "a-bootstrap-secret-of-forty-characters-x";
export const RECOVERY_SECRET = "a-recovery-secret-of-forty-characters-xx";

export interface ServerReply {
  readonly status: number;
  /** Names in lower case; a header sent twice is joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly text: string;
}

export interface Sending {
  /** A token, or null for none. Default: the root token. */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  readonly body?: string | Uint8Array;
  /** Sent as JSON with its Content-Type. */
  readonly json?: unknown;
}

export interface TestServer {
  send(method: string, path: string, sending?: Sending): Promise<ServerReply>;
  /** The store beside the server, to look at or to damage. */
  readonly db: Db;
  readonly rootToken: string;
  readonly clock: { ms: number };
}

export interface ServerOptions {
  readonly variables?: Readonly<Record<string, string>>;
  /** Without the first token: the store is empty, not even migrated. */
  readonly bare?: boolean;
}

interface Opened {
  readonly store: DatabaseAddress;
  readonly send: Send;
}

type Send = (
  method: string,
  path: string,
  headers: (readonly [string, string])[],
  body: Uint8Array,
) => Promise<HttpReply>;

/** A server with a root token, in a folder of its own; checked and removed when the test ends. */
export async function openTestServer(options: ServerOptions = {}): Promise<TestServer> {
  const variables = {
    bootstrap_secret: BOOTSTRAP_SECRET,
    recovery_secret: RECOVERY_SECRET,
    ...options.variables,
  };
  const clock = { ms: 0 };
  const opened =
    process.env.LEDGE_TEST_HOST === "wasm" || isNative()
      ? await overHost(variables, options.bare === true)
      : inProcess(variables, clock);
  const db =
    typeof opened.store === "string"
      ? openNodeDb(opened.store, { wal: isNative() })
      : await openSqld(opened.store.url);
  onTestFinished(() => {
    try {
      if (db.all("select 1 from sqlite_master where name='store'").length > 0) checkStore(db);
    } finally {
      db.close();
    }
  });
  const token = newToken((length) => randomBytes(length));
  const rootToken = formatToken(token);
  const server: TestServer = {
    db,
    rootToken,
    clock,
    async send(method, path, sending = {}) {
      const given = sending.headers ?? {};
      const headers: (readonly [string, string])[] = isList(given) ? [...given] : Object.entries(given);
      const bearer = sending.token === undefined ? rootToken : sending.token;
      if (bearer !== null && !headers.some(([name]) => name === "authorization"))
        headers.push(["authorization", `Bearer ${bearer}`]);
      if (sending.json !== undefined) headers.push(["content-type", "application/json"]);
      const body = sending.json === undefined ? sending.body : JSON.stringify(sending.json);
      const bytes = typeof body === "string" ? new TextEncoder().encode(body) : (body ?? new Uint8Array());
      const reply = toReply(await opened.send(method, path, headers, bytes));
      const { status, headers: answerHeaders, body: answer } = reply;
      checkExchange({ method, uri: path, headers, body: bytes, status, answerHeaders, answer });
      return reply;
    },
  };
  if (options.bare !== true) await bootstrap(server, token);
  return server;
}

/** Makes the first token; throws unless it was made. */
export async function bootstrap(server: TestServer, token: ParsedToken): Promise<ServerReply> {
  const reply = await server.send("POST", "/v1/admin/bootstrap", {
    token: BOOTSTRAP_SECRET,
    json: { name: "root", accessor: token.accessor, digest: digestOf(token) },
  });
  if (reply.status !== 201) throw new Error(`bootstrap: ${reply.status} ${reply.text}`);
  return reply;
}

export interface GrantGiven {
  readonly verbs: readonly string[];
  readonly namespace: string;
  readonly scope?: string;
}

/** Makes a token with these grants, by the root token or another one, and returns it. */
export async function makeToken(
  server: TestServer,
  grants: readonly GrantGiven[],
  { by, ...more }: Record<string, unknown> & { by?: string } = {},
): Promise<string> {
  const token = newToken((length) => randomBytes(length));
  const reply = await server.send("POST", "/v1/admin/tokens", {
    ...(by === undefined ? {} : { token: by }),
    json: {
      name: "test",
      accessor: token.accessor,
      digest: digestOf(token),
      grants: grants.map(({ scope = "", ...grant }) => ({ ...grant, scope })),
      ...more,
    },
  });
  if (reply.status !== 201) throw new Error(`token: ${reply.status} ${reply.text}`);
  return formatToken(token);
}

export async function makeNamespace(server: TestServer, name: string, settings: unknown = {}): Promise<void> {
  const reply = await server.send("PUT", `/v1/admin/namespaces/${name}`, { json: settings });
  if (reply.status !== 201) throw new Error(`namespace: ${reply.status} ${reply.text}`);
}

/** Puts a document, whatever is there, and returns its ETag. */
export async function putText(
  server: TestServer,
  ns: string,
  key: string,
  text: string,
  type = "text/plain",
): Promise<string> {
  const reply = await server.send("POST", "/v1/commit", {
    json: { changes: [{ op: "put", namespace: ns, key, mediaType: type, text, ifRevision: "any" }] },
  });
  if (reply.status !== 200) throw new Error(`put: ${reply.status} ${reply.text}`);
  const body: { changes: { etag: string }[] } = JSON.parse(reply.text);
  return body.changes[0]?.etag ?? "";
}

export function digestOf({ secret }: ParsedToken): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** The code of a refusal, with its status: "404 not_found"; "200" for an answer. */
export function told(reply: ServerReply): string {
  if (reply.headers["content-type"] !== "application/problem+json") return String(reply.status);
  const problem: { code: string; status: number } = JSON.parse(reply.text);
  return `${reply.status} ${problem.code}`;
}

function inProcess(variables: Readonly<Record<string, string>>, clock: { ms: number }): Opened {
  const file = join(testFolder(), "ledge.db");
  const db = openNodeDb(file);
  onTestFinished(() => db.close());
  const migrations = committedMigrations();
  const handlers = handlersOf(migrations);
  const alone = worldOver(db, {
    nowMs: () => (clock.ms > 0 ? clock.ms : Date.now()),
    variable: (name) => variables[name],
  });
  const world = { ...alone, chain: chainTo(handlers.check, alone) };
  return {
    store: file,
    async send(method, path, headers, body) {
      const request = {
        method,
        uri: path,
        headers: headers.map(([name, value]) => [name.toLowerCase(), value] as const),
        body,
      };
      if (/^\/v1\/(read|list|history|diff|changes|commits|whoami|lineage)\b/.test(path))
        return handlers.read(request, world);
      if (/^\/v1\/(write|commit)\b/.test(path)) return handlers.write(request, world);
      if (/^\/v1\/(plan|revert|search|proposals)\b/.test(path)) return handlers.plan(request, world);
      if (/^\/(console\/|[?]|$)/.test(path)) return handlers.console(request, world);
      return handlers.admin(request, world);
    },
  };
}

async function overHost(variables: Readonly<Record<string, string>>, bare: boolean): Promise<Opened> {
  const host = await lendHost(variables, { bare });
  const { request } = await import("node:http");
  return {
    store: host.database,
    // node:http, because fetch rewrites paths and refuses headers that these tests are about.
    send: (method, path, headers, body) =>
      new Promise((resolve, reject) => {
        const lines = headers.flat();
        if (body.length > 0) lines.push("content-length", String(body.length));
        const outgoing = request(
          host.url,
          { method, path, headers: ["host", `127.0.0.1:${host.port}`, ...lines] },
          (incoming) => {
            const pieces: Buffer[] = [];
            incoming.on("data", (piece: Buffer) => pieces.push(piece));
            incoming.on("end", () =>
              resolve({
                status: incoming.statusCode ?? 0,
                headers: Object.entries(incoming.headers).map(
                  ([name, value]) => [name, String(value)] as const,
                ),
                body: new Uint8Array(Buffer.concat(pieces)),
              }),
            );
          },
        );
        outgoing.on("error", reject);
        outgoing.end(body);
      }),
  };
}

function toReply({ status, headers, body }: HttpReply): ServerReply {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const joined: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    joined[key] = joined[key] === undefined ? value : `${joined[key]}, ${value}`;
  }
  return { status, headers: joined, body: bytes, text: Buffer.from(bytes).toString("utf8") };
}

function isList(value: NonNullable<Sending["headers"]>): value is readonly (readonly [string, string])[] {
  return Array.isArray(value);
}
