/** A store of a fixture without a server: migrated by the code of today, and asked through the handlers in this process. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, onTestFinished } from "vitest";
import { type NodeDb, openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { migrate } from "../../lib/store/sqlite/migrate.ts";
import { handlersOf } from "../handlers.ts";
import { committedMigrations } from "../store.ts";
import { worldOver } from "../world.ts";
import type { ExpectedStore, FixtureAsk, JsonObject } from "./expected.ts";
import { type Fixture, rootOf } from "./fixture.ts";

const migrations = committedMigrations();
const handlers = handlersOf(migrations);
/** Whose routes are not config-read's. */
const OTHERS = [
  [/^\/v1\/(write|commit)\b/, handlers.write],
  [/^\/v1\/admin\//, handlers.admin],
] as const;

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
}

export interface OpenedStore {
  readonly db: NodeDb;
  send(ask: Omit<FixtureAsk, "name">): Answered;
}

/** A copy of the store; gone after the test. */
export function openStore({ folder, expected }: Fixture, store: ExpectedStore): OpenedStore {
  const dir = mkdtempSync(join(tmpdir(), "ledge-format-"));
  const copy = join(dir, "ledge.db");
  writeFileSync(copy, gunzipSync(readFileSync(join(folder, store.file))));
  const db = openNodeDb(copy);
  onTestFinished(() => {
    db.close();
    rmSync(dir, { recursive: true, force: true });
  });
  expect(migrate(db, migrations)).toMatchObject({ ok: true });
  const tokens: Readonly<Record<string, string>> = { ...expected.tokens, root: rootOf(expected, store) };
  return { db, send: (ask) => send(db, ask, tokens) };
}

function send(db: NodeDb, ask: Omit<FixtureAsk, "name">, tokens: Readonly<Record<string, string>>): Answered {
  const headers = Object.entries(ask.headers ?? {});
  if (ask.token !== null) headers.push(["authorization", `Bearer ${tokens[ask.token]}`]);
  if (ask.json !== undefined) headers.push(["content-type", "application/json"]);
  const body =
    ask.base64 === undefined
      ? Buffer.from(ask.json === undefined ? "" : JSON.stringify(ask.json))
      : Buffer.from(ask.base64, "base64");
  const handle = OTHERS.find(([route]) => route.test(ask.path))?.[1] ?? handlers.read;
  const request = { method: ask.method, uri: ask.path, headers, body: new Uint8Array(body) };
  const reply = handle(request, worldOver(db));
  const bytes = typeof reply.body === "string" ? Buffer.from(reply.body) : Buffer.from(reply.body);
  return { status: reply.status, headers: Object.fromEntries(reply.headers), bytes };
}

export function jsonOf({ bytes }: Answered): JsonObject {
  return JSON.parse(bytes.toString());
}
