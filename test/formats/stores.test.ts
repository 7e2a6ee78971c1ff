/** Stores that earlier releases wrote, opened by this one: test/fixtures/README.md says what they hold. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { configRead } from "../../components/config-read/handler.ts";
import { configWrite } from "../../components/config-write/handler.ts";
import { digestState } from "../../lib/backup/state-digest.ts";
import { atOnce } from "../../lib/engines/guest/at-once.ts";
import type { World } from "../../lib/http/world.ts";
import { commitAll } from "../../lib/store/commit/commit.ts";
import { type NodeDb, openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { migrate } from "../../lib/store/sqlite/migrate.ts";
import { operationRows, readOperation } from "../../testkit/operation-before.ts";
import { checkStore, committedMigrations } from "../../testkit/store.ts";
import { worldOver } from "../../testkit/world.ts";

interface Ask {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly token: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly base64?: string;
}
interface Documents {
  readonly namespace: string;
  readonly key: string;
  readonly etag: string;
  readonly mediaType: string;
  readonly value: string;
}
interface Store {
  readonly name: string;
  readonly file: string;
  readonly head: number;
  readonly lineage: string;
  readonly epoch: number;
  readonly documents: readonly Documents[];
  readonly states: readonly { readonly revision: number; readonly documents: readonly Documents[] }[];
  readonly feedCursors: readonly {
    readonly ask: Ask;
    readonly pages: readonly unknown[];
    readonly answer: { readonly status: number; readonly json?: Readonly<Record<string, unknown>> };
  }[];
  readonly repeats: readonly {
    readonly ask: Ask;
    readonly answer: {
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly json?: unknown;
    };
  }[];
  readonly digest: { readonly revision: number; readonly sha256: string } | null;
}

const root = join(import.meta.dirname, "..", "fixtures");
const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const migrations = committedMigrations();

/** A copy of the store, as it was written. */
function openCopy(folder: string, file: string): NodeDb {
  const dir = mkdtempSync(join(tmpdir(), "ledge-format-"));
  const copy = join(dir, "ledge.db");
  writeFileSync(copy, gunzipSync(readFileSync(join(root, folder, file))));
  const db = openNodeDb(copy);
  onTestFinished(() => {
    db.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return db;
}

/** A copy of the store, migrated to this code's format. */
function openStore(folder: string, file: string): NodeDb {
  const db = openCopy(folder, file);
  expect(migrate(db, migrations)).toMatchObject({ ok: true });
  return db;
}

function send(db: World["db"], ask: Ask, tokens: Readonly<Record<string, string>>) {
  const world = worldOver(db);
  const headers = Object.entries(ask.headers ?? {});
  if (ask.token !== null) headers.push(["authorization", `Bearer ${tokens[ask.token]}`]);
  const text = ask.json === undefined ? "" : JSON.stringify(ask.json);
  const body = new Uint8Array(
    ask.base64 === undefined ? Buffer.from(text) : Buffer.from(ask.base64, "base64"),
  );
  if (ask.json !== undefined) headers.push(["content-type", "application/json"]);
  const handle = /^\/v1\/(write|commit)/.test(ask.path)
    ? atOnce(configWrite(migrations), commitAll)
    : atOnce(configRead(migrations));
  const reply = handle({ method: ask.method, uri: ask.path, headers, body }, world);
  const bytes = typeof reply.body === "string" ? Buffer.from(reply.body) : Buffer.from(reply.body);
  return { status: reply.status, headers: Object.fromEntries(reply.headers), bytes };
}

const shortHash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

describe.each(folders.map(({ name }) => name))("the stores of %s", (folder) => {
  const expected: { tokens: Record<string, string>; stores: Store[] } = JSON.parse(
    gunzipSync(readFileSync(join(root, folder, "expected.json.gz"))).toString(),
  );

  test("are there: a history, a restore with a pending epoch, one that has opened it, both sides of a fork", () => {
    expect(expected.stores.map(({ file }) => file).sort()).toEqual([
      "fork/left.db.gz",
      "fork/right.db.gz",
      "moved/ledge.db.gz",
      "origin/ledge.db.gz",
      "pending/ledge.db.gz",
      "reborn/ledge.db.gz",
    ]);
  });

  describe.each(expected.stores)("$file", (store) => {
    const read = (db: NodeDb, { namespace, key }: Documents, revision?: number) => {
      const at = revision === undefined ? "" : `&revision=${revision}`;
      const path = `/v1/read/${namespace}?key=${encodeURIComponent(key)}${at}`;
      return send(db, { name: path, method: "GET", path, token: "root" }, rootOf());
    };
    const rootOf = () => {
      // A store that went to another machine has a root token of its own.
      const root = store.file.startsWith("moved") ? "movedRoot" : "root";
      return { ...expected.tokens, root: expected.tokens[root] ?? "" };
    };

    test("is migrated whole, at its head and in its history", () => {
      const db = openStore(folder, store.file);
      checkStore(db);
      expect(db.all("select revision, lineage, epoch from store")).toEqual([
        [store.head, store.lineage, store.epoch],
      ]);
    });

    test("keeps all that its exporter remembered", () => {
      const db = openCopy(folder, store.file);
      expect(migrate(db, migrations.slice(0, 7))).toMatchObject({ ok: true, format: 7 });
      const before = operationRows(db);
      expect(before.size).toBeGreaterThan(store.file.startsWith("pending") ? 0 : 1);
      expect(migrate(db, migrations)).toMatchObject({ ok: true });
      expect(readOperation(db)).toEqual(before);
    });

    test("serves every document with its bytes, media type and ETag, now and in the past", () => {
      const db = openStore(folder, store.file);
      expect(store.documents.length).toBeGreaterThan(0);
      const states = [{ revision: undefined, documents: store.documents }, ...store.states];
      for (const { revision, documents } of states)
        for (const document of documents) {
          const reply = read(db, document, revision);
          const { etag, "content-type": mediaType } = reply.headers;
          expect({ key: document.key, etag, mediaType, value: shortHash(reply.bytes) }).toEqual({
            key: document.key,
            etag: document.etag,
            mediaType: document.mediaType,
            value: document.value,
          });
        }
    });

    test("goes on behind every cursor of its feed", () => {
      const db = openStore(folder, store.file);
      for (const { ask, pages, answer } of store.feedCursors) {
        const reply = send(db, ask, expected.tokens);
        expect([ask.name, reply.status]).toEqual([ask.name, answer.status]);
        if (pages.length === 0) {
          // A cursor of commits that this history lost: refused, saying up to where both are the same.
          expect([ask.name, JSON.parse(reply.bytes.toString())]).toEqual([
            ask.name,
            expect.objectContaining(answer.json ?? {}),
          ]);
          continue;
        }
        // The cursor of the page itself is opaque, and was not recorded.
        const { cursor, ...page }: { cursor: string } = JSON.parse(reply.bytes.toString());
        expect(cursor).not.toBe("");
        expect([ask.name, page]).toEqual([ask.name, pages[0]]);
      }
    });

    test("answers what was said before as it did the first time", () => {
      const db = openStore(folder, store.file);
      for (const { ask, answer } of store.repeats) {
        const reply = send(db, ask, expected.tokens);
        expect([ask.name, reply.status, JSON.parse(reply.bytes.toString())]).toEqual([
          ask.name,
          answer.status,
          answer.json,
        ]);
      }
      expect(db.all("select revision from store")).toEqual([[store.head]]);
    });

    test("has the state digest that its backups were proven by", async () => {
      const db = openStore(folder, store.file);
      if (store.digest === null) return;
      const { sha256 } = await digestState(db, { kind: "history", upTo: store.digest.revision });
      expect(sha256).toBe(store.digest.sha256);
    });
  });
});
