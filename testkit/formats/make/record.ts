/**
 * What a store answers, written down. Promise: nothing is committed by it, and it is done on a copy of the data folder,
 * so that what is kept is exactly what was asked.
 */
import { copyFileSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashesIn } from "../bytes.ts";
import {
  type Exchange,
  type ExpectedDocument,
  type ExpectedStore,
  type FixtureAsk,
  type JsonObject,
  keysFor,
  type Paging,
  type PastState,
} from "../expected.ts";
import {
  answerOf,
  followPages,
  getJson,
  isObject,
  listAll,
  readDocuments,
  readPath,
  type Speaker,
  send,
  writePath,
} from "../speak.ts";
import { bucketPort, ledge, type Product, setBucketPort, start } from "./product.ts";
import type { Left, Scenes } from "./scenes.ts";
import type { Kept, Memory } from "./telling.ts";

/** Where the store was kept below the fixture's folder, and where its bucket was served. */
export type Place = Pick<ExpectedStore, "file" | "bucket" | "port">;

/** Values by their names in `expected.json`. */
export type Values = Map<string, string>;

export async function recordStore(
  left: Left,
  place: Place,
  { scenes, scratch, values }: { scenes: Scenes; scratch: string; values: Values },
): Promise<ExpectedStore> {
  const { memory } = scenes;
  const tokens =
    left.kind === "sealed" ? { ...scenes.tokens, root: scenes.tokens.movedRoot ?? "" } : scenes.tokens;
  const product = copyOf(left, { scratch, token: tokens.root ?? "" });
  const running = await start(product, { quiet: true });
  const speaker = { url: running.url, tokens };
  try {
    const status = await getJson(speaker, "/v1/admin/status");
    const head = Number(status.head);
    const known = (kept: readonly Kept[]) => kept.filter(({ revision }) => revision <= left.shared);
    const documents = await documentsOf(speaker, values);
    const store: ExpectedStore = {
      name: left.name,
      kind: left.kind,
      ...place,
      variables: left.product.variables,
      ...(left.trust === undefined ? {} : { trust: left.trust }),
      head,
      lineage: String(status.lineage),
      epoch: Number(status.epoch),
      documents,
      states: await statesOf(speaker, left.past, values),
      commits: await commitsOf(speaker, head),
      namespaces: await listAll(speaker, "/v1/admin/namespaces?limit=1000", "namespaces"),
      tokens: await listAll(speaker, "/v1/admin/tokens?limit=1000", "tokens"),
      listCursors: left.shared === 0 ? [] : await pagings(speaker, memory.listCursors),
      feedCursors: left.shared === 0 ? [] : await pagings(speaker, memory.feedCursors),
      repeats: await exchanges(
        speaker,
        known(memory.repeats).map(({ ask }) => ask),
      ),
      answers: await exchanges(speaker, asksOf(left, { scenes, memory, documents })),
      backup: backupOf(status.backup),
      snapshots: await listAll(speaker, "/v1/backup/snapshots?limit=1000", "snapshots"),
      purged: memory.purged.filter(({ open }) => left.shared > 0 && (!open || left.shared > head)),
      digest: await digestOf(left, product),
      objects: hashesIn(left.bucket),
    };
    const after = await getJson(speaker, "/v1/admin/status");
    if (after.head !== head) throw new Error(`${left.name}: something was committed while it was asked`);
    return store;
  } finally {
    await running.stop();
  }
}

function copyOf(left: Left, { scratch, token }: { scratch: string; token: string }): Product {
  const data = join(scratch, left.name);
  mkdirSync(data, { recursive: true });
  copyFileSync(left.file, join(data, "ledge.db"));
  cpSync(left.bucket, join(data, "bucket"), { recursive: true });
  setBucketPort(data, bucketPort(left.product.data));
  writeFileSync(join(data, "admin-token"), `${token}\n`, { mode: 0o600 });
  return { ...left.product, data };
}

async function documentsOf(speaker: Speaker, values: Values, revision?: number): Promise<ExpectedDocument[]> {
  const read = await readDocuments(speaker, revision);
  for (const { document, bytes } of read) values.set(document.value, bytes.toString("base64"));
  return read.map(({ document }) => document);
}

async function statesOf(speaker: Speaker, past: readonly number[], values: Values): Promise<PastState[]> {
  const states: PastState[] = [];
  for (const revision of past) {
    const { time } = await getJson(speaker, `/v1/commits/${revision}`);
    const documents = await documentsOf(speaker, values, revision);
    states.push({ revision, time: String(time), documents });
  }
  return states;
}

/** What `backup verify` finds when it replays the bucket alone. */
async function digestOf(left: Left, product: Product): Promise<ExpectedStore["digest"]> {
  if (left.kind === "fork") return null;
  const env = keysFor({ variables: left.product.variables, trust: left.trust });
  const found = JSON.parse(await ledge(product, ["backup", "verify", "-o", "json"], { env }));
  return { revision: Number(found.revision), sha256: String(found.digest) };
}

async function commitsOf(speaker: Speaker, head: number): Promise<ExpectedStore["commits"]> {
  const listed = await listAll(speaker, "/v1/commits?limit=1000", "commits");
  const revisions = listed.map((one) => Number(one.revision)).reverse();
  if (revisions.at(-1) !== head) throw new Error(`the log ends at ${revisions.at(-1)}, not ${head}`);
  const commits: ExpectedStore["commits"] = [];
  for (const revision of revisions)
    commits.push({ ...(await getJson(speaker, `/v1/commits/${revision}`)), revision });
  return commits;
}

async function pagings(speaker: Speaker, kept: readonly Kept[]): Promise<Paging[]> {
  const found: Paging[] = [];
  for (const { ask } of kept) found.push({ ask, ...(await followPages(speaker, ask)) });
  return found;
}

async function exchanges(speaker: Speaker, asks: readonly FixtureAsk[]): Promise<Exchange[]> {
  const found: Exchange[] = [];
  for (const ask of asks) found.push({ ask, answer: answerOf(await send(speaker, ask)) });
  return found;
}

/** What every token may do, and what the store says of revisions that it never had. */
function asksOf(
  left: Left,
  { scenes, memory, documents }: { scenes: Scenes; memory: Memory; documents: readonly ExpectedDocument[] },
): FixtureAsk[] {
  const get = (name: string, path: string, token: string | null): FixtureAsk => ({
    name,
    method: "GET",
    path,
    token,
  });
  if (left.kind === "sealed") return [writeAsk("a write is refused", "shop-prod", "new", {})];
  const asks = Object.keys(scenes.tokens)
    .filter((token) => token !== "movedRoot")
    .flatMap((token) => [
      get(`whoami of ${token}`, "/v1/whoami", token),
      get(`${token} reads limits/api`, readPath("shop-prod", "limits/api"), token),
      get(`${token} reads limits/eu`, readPath("shop-prod", "limits/eu"), token),
      get(
        `${token} reads the past`,
        `${readPath("shop-prod", "limits/api")}&revision=${left.past[1]}`,
        token,
      ),
    ]);
  asks.push(get("anybody reads a public namespace", readPath("site-public", "index"), null));
  asks.push(get("nobody reads another", readPath("shop-prod", "limits/api"), null));
  asks.push(get("a purged value is gone", readPath("shop-prod", "db/key"), "root"));
  asks.push(writeAsk("a message is demanded", "strict-notes", "second", { "if-none-match": "*" }));
  asks.push(writeAsk("a quota holds", "quota-small", "seventh", { "if-none-match": "*" }, 5000));
  asks.push(writeAsk("a condition is demanded", "shop-prod", "limits/api", {}));
  const mismatch = memory.repeats.find(({ ask }) => ask.method === "PUT" && ask.token === "root");
  if (mismatch !== undefined)
    asks.push({ ...mismatch.ask, name: "another content under one Idempotency-Key", base64: "MQ==" });
  return [...asks, ...lostAsks(left, { memory, documents })];
}

/** ETags and revisions of the end that this store does not have. */
function lostAsks(
  left: Left,
  { memory, documents }: { memory: Memory; documents: readonly ExpectedDocument[] },
): FixtureAsk[] {
  // A copied file gives the same revisions under the same lineage: before it is adopted nobody can tell them apart.
  if (!left.restored) return [];
  const lost = memory.repeats
    .filter(({ revision }) => revision > left.shared)
    .map(({ revision }) => revision);
  const lineage = documents.find(({ namespace }) => namespace === "_system")?.etag.slice(-9, -1);
  return lost.flatMap((revision) => [
    writeAsk(`a lost ETag of revision ${revision}`, "shop-prod", "late", {
      "if-match": `"${revision}-${lineage}"`,
    }),
    {
      name: `a lost revision ${revision}`,
      method: "GET",
      path: `${readPath("shop-prod", "late")}&revision=${revision}`,
      token: "root",
    },
    {
      name: `the feed after ${revision}`,
      method: "GET",
      path: `/v1/changes?since=${revision}`,
      token: "root",
    },
  ]);
}

function writeAsk(
  name: string,
  namespace: string,
  key: string,
  condition: Readonly<Record<string, string>>,
  size = 1,
): FixtureAsk {
  return {
    name,
    method: "PUT",
    path: writePath(namespace, key),
    token: "root",
    headers: { "content-type": "text/plain", ...condition },
    base64: Buffer.from("x".repeat(size)).toString("base64"),
  };
}

/** Of the backup's status what time alone does not change. */
function backupOf(backup: unknown): JsonObject {
  if (!isObject(backup)) throw new Error("the status has no backup");
  const { exportedRevision, provenRevision, replayedRevision, points, openPurges, sealedRevision, finding } =
    backup;
  return { exportedRevision, provenRevision, replayedRevision, points, openPurges, sealedRevision, finding };
}
