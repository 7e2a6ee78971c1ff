/**
 * The folders of test/fixtures, opened by the code of today: a store is unpacked into a data folder of its own and served
 * by the real components; what was kept is never touched. Whoever opens one closes it.
 */
import { copyFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { openNodeDb } from "../../lib/store/sqlite/driver-node.ts";
import { startHost } from "../../programs/host/host.ts";
import type { RunningHost } from "../../programs/host/options.ts";
import { type BucketServer, startBucket } from "../../programs/start/bundled-bucket.ts";
import { variablesOf } from "../bucket-settings.ts";
import { COMPONENT_CACHE } from "../host.ts";
import { isFree } from "../loopback.ts";
import { ledge, root } from "../processes.ts";
import { checkStore } from "../store.ts";
import { threadFile } from "../threads.ts";
import { holds } from "./bytes.ts";
import {
  type ExpectedDocument,
  ExpectedFixture,
  type ExpectedStore,
  type JsonObject,
  keysFor,
} from "./expected.ts";
import { answerOf, isObject, readDocuments, type Speaker, send } from "./speak.ts";

/** LEDGE_FIXTURES names another folder, such as one that was just made. */
const FOLDER = process.env.LEDGE_FIXTURES ?? join(root, "test", "fixtures");
export const MANIFEST = join(root, "spin.toml");

export interface Fixture {
  readonly name: string;
  readonly folder: string;
  readonly expected: ExpectedFixture;
}

/** Every folder there is: one for each format that was released. */
export function fixtures(): Fixture[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const folder = join(FOLDER, name);
      const text = gunzipSync(readFileSync(join(folder, "expected.json.gz"))).toString();
      return { name, folder, expected: ExpectedFixture.parse(JSON.parse(text)) };
    });
}

/** Each store of each folder, named for a test's title. */
export function fixtureStores(): { title: string; fixture: Fixture; store: ExpectedStore }[] {
  return fixtures().flatMap((fixture) =>
    fixture.expected.stores.map((store) => ({ title: `${fixture.name}/${store.name}`, fixture, store })),
  );
}

export interface Opened extends Speaker {
  readonly data: string;
  readonly file: string;
  readonly bucket: string;
  /** Variables of the bucket; empty where it is not served. */
  readonly variables: Readonly<Record<string, string>>;
  /** Stops the server and its bucket, checks the store, and removes the folder. */
  close(): Promise<void>;
}

/** A data folder as `npm start` would find it: the store, the bucket, the first token. */
export function unpack({ folder, expected }: Fixture, store: ExpectedStore): string {
  const data = mkdtempSync(join(tmpdir(), "ledge-fixture-"));
  writeFileSync(join(data, "ledge.db"), gunzipSync(readFileSync(join(folder, store.file))));
  cpSync(join(folder, store.bucket), join(data, "bucket"), { recursive: true });
  writeFileSync(join(data, "admin-token"), rootOf(expected, store));
  return data;
}

/** A store that went to another machine has a root token of its own. */
export function rootOf({ tokens }: ExpectedFixture, { kind }: ExpectedStore): string {
  return (kind === "sealed" ? tokens.movedRoot : tokens.root) ?? "";
}

/** Serves a store of a fixture; `withBucket` also its bucket, at the address that it had. */
export async function openFixture(
  fixture: Fixture,
  store: ExpectedStore,
  { withBucket = false }: { withBucket?: boolean } = {},
): Promise<Opened> {
  return openData(unpack(fixture, store), { fixture, store, withBucket });
}

/** Serves what lies in a data folder, which is removed with it. */
export async function openData(
  data: string,
  { fixture, store, withBucket = false }: { fixture: Fixture; store: ExpectedStore; withBucket?: boolean },
): Promise<Opened> {
  const bucket = join(data, "bucket");
  const server = withBucket ? await serveBucket(bucket, store.port) : undefined;
  const variables = server === undefined ? {} : variablesOf(server);
  const host = await serve(data, { ...variables, ...store.variables });
  const file = host.databaseFile;
  return {
    url: host.url,
    tokens: { ...fixture.expected.tokens, root: rootOf(fixture.expected, store) },
    data,
    file,
    bucket,
    variables,
    async close() {
      await host.stop();
      await server?.stop();
      const db = openNodeDb(file);
      try {
        checkStore(db);
      } finally {
        db.close();
        rmSync(data, { recursive: true, force: true });
      }
    },
  };
}

async function serve(data: string, variables: Readonly<Record<string, string>>): Promise<RunningHost> {
  return startHost({
    manifest: MANIFEST,
    stateDir: data,
    variables,
    cron: false,
    workers: 1,
    cacheDir: COMPONENT_CACHE,
    workerFile: threadFile("host-worker"),
    environment: {},
    log: () => {},
  });
}

const PORT_MS = 150_000;

/** At the port that the store knows; another test of a store with that port may be at it, and ends. */
async function serveBucket(dir: string, port: number): Promise<BucketServer> {
  for (const untilMs = Date.now() + PORT_MS; !(await isFree(port)); await sleep(250))
    if (Date.now() > untilMs) throw new Error(`port ${port} is taken`);
  return startBucket({ dir, port });
}

/** Runs `ledge` over a data folder with the keys of a store; it has to end well. Gives its JSON. */
export async function ledgeJson(data: string, store: ExpectedStore, ...args: string[]): Promise<JsonObject> {
  const ran = await ledge(["--data", data, ...args, "-o", "json"], { env: keysFor(store) });
  if (ran.status !== 0) throw new Error(`ledge ${args.join(" ")} ended with ${ran.status}: ${ran.stderr}`);
  return JSON.parse(ran.stdout);
}

/** Restores from the bucket of one data folder into another, new one. */
export async function restoreBeside(from: string, store: ExpectedStore, ...args: string[]): Promise<string> {
  const data = mkdtempSync(join(tmpdir(), "ledge-fixture-"));
  await ledgeJson(from, store, "restore", "--to", join(data, "ledge.db"), ...args);
  cpSync(join(from, "bucket"), join(data, "bucket"), { recursive: true });
  copyFileSync(join(from, "admin-token"), join(data, "admin-token"));
  return data;
}

/** Restores from an opened store's bucket, and gives what the restored one serves: nothing of what was purged. */
export async function restoredDocuments(
  opened: Opened,
  { fixture, store }: { fixture: Fixture; store: ExpectedStore },
  ...args: string[]
): Promise<ExpectedDocument[]> {
  const copy = await openData(await restoreBeside(opened.data, store, ...args), { fixture, store });
  try {
    const file = [readFileSync(copy.file)];
    const found = store.purged.filter(({ value }) => holds(file, value.base64)).map(({ key }) => key);
    if (found.length > 0) throw new Error(`the restored store holds what was purged: ${found.join(", ")}`);
    return await documentsOf(copy);
  } finally {
    await copy.close();
  }
}

export async function documentsOf(speaker: Speaker): Promise<ExpectedDocument[]> {
  return (await readDocuments(speaker)).map(({ document }) => document);
}

/** Backs up until there is nothing left to write. */
export async function exportAll(speaker: Speaker): Promise<void> {
  await postUntil(speaker, "/v1/backup/run", ["nothing_new"]);
}

/** Asks a route that works in rounds until it has come to one of these states. */
export async function postUntil(
  speaker: Speaker,
  path: string,
  states: readonly string[],
): Promise<JsonObject> {
  for (let round = 0; round < 50; round += 1) {
    const reply = await send(speaker, { method: "POST", path, token: "root" });
    const { status, json } = answerOf(reply);
    if (status !== 200 || !isObject(json)) throw new Error(`POST ${path}: ${status} ${reply.bytes}`);
    if (states.includes(String(json.state)) && json.more !== true) return json;
  }
  throw new Error(`POST ${path} does not end`);
}
