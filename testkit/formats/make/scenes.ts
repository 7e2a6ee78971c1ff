/**
 * The scenes of a fixture, in the order in which they come about: a store with a whole history; what a restore of its
 * bucket is before its first commit and after it; the file copied and both going on; a store that was moved. Each
 * leaves a data folder behind, as `npm start` keeps it, and says what a reader of it knows.
 */
import { copyFileSync, cpSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { ExpectedStore } from "../expected.ts";
import { getJson, type Speaker } from "../speak.ts";
import * as history from "./history.ts";
import { ledge, type Product, rootToken, setBucketPort, start } from "./product.ts";
import { type Memory, Telling } from "./telling.ts";

/** A store that a scene left behind. */
export interface Left {
  readonly name: string;
  readonly kind: ExpectedStore["kind"];
  readonly product: Product;
  /** The database, and the folder of the bundled bucket. */
  readonly file: string;
  readonly bucket: string;
  readonly trust?: string;
  /** Up to here its history is the one that cursors, requests and ETags were taken from; above, it is another. */
  readonly shared: number;
  /** It came out of a bucket, without the end of the history that it continues. */
  readonly restored: boolean;
  /** Moments to look back at. */
  readonly past: readonly number[];
}

export interface Scenes {
  readonly memory: Memory;
  readonly tokens: Record<string, string>;
  readonly left: readonly Left[];
}

const PORTS = 20_300;

export async function makeScenes(root: string, folder: string): Promise<Scenes> {
  const memory: Memory = { repeats: [], listCursors: [], feedCursors: [], purged: [] };
  let ports = 0;
  const product = (name: string, variables: Product["variables"] = {}): Product => {
    const data = join(folder, name);
    mkdirSync(data, { recursive: true });
    ports += 1;
    setBucketPort(data, PORTS + ports);
    return { root, data, variables };
  };
  const origin = product("origin");
  const { tokens, past, late, exported } = await tellHistory(origin, memory);
  // What is exported is the source of the restored stores and of the copies; the origin goes on without a backup.
  const source = product("source");
  cpSync(origin.data, source.data, { recursive: true });
  await tellEnd(origin, { memory, tokens, exported });
  const shared = { restored: true, past, shared: exported };
  const left: Left[] = [
    {
      name: "origin",
      kind: "open",
      ...storeOf(origin),
      restored: false,
      past,
      shared: Number.MAX_SAFE_INTEGER,
    },
  ];
  left.push({
    name: "pending",
    kind: "pending",
    ...storeOf(await restored(source, product("pending"))),
    ...shared,
  });
  const reborn = await restored(source, product("reborn"), late);
  await liveAgain(reborn, tokens);
  left.push({ name: "reborn", kind: "open", ...storeOf(reborn), restored: true, past, shared: late });
  left.push(...(await forked(source, product("fork"), { tokens, past, exported })));
  left.push(await moved(product("moved"), tokens));
  return { memory, tokens, left };
}

function storeOf(product: Product): Pick<Left, "product" | "file" | "bucket"> {
  return { product, file: join(product.data, "ledge.db"), bucket: join(product.data, "bucket") };
}

interface Told {
  readonly tokens: Record<string, string>;
  readonly past: readonly number[];
  readonly late: number;
  readonly exported: number;
}

/** The chapters, with a backup after each. */
async function tellHistory(product: Product, memory: Memory): Promise<Told> {
  const running = await start(product);
  const speaker: Speaker = { url: running.url, tokens: { root: rootToken(product.data) } };
  const tell = new Telling(speaker, memory);
  const backup = () => ledge(product, ["backup", "run"]);
  const tokens = await history.beginHistory(tell, rootToken(product.data));
  await backup();
  await history.fillKeys(tell);
  await backup();
  const past = [await headOf(speaker)];
  await history.change(tell);
  past.push(await headOf(speaker));
  await history.paste(tell);
  past.push(await headOf(speaker));
  await backup();
  await history.purge(tell);
  await backup();
  await ledge(product, ["backup", "prove"]);
  await history.closeAndOpen(tell, product);
  await backup();
  const late = await headOf(speaker);
  await history.goOn(tell, tokens);
  await backup();
  await backup();
  const exported = await headOf(speaker);
  await running.stop();
  return { tokens, past, late, exported };
}

async function tellEnd(
  product: Product,
  { memory, tokens, exported }: { memory: Memory; tokens: Record<string, string>; exported: number },
): Promise<void> {
  const running = await start(product, { quiet: true });
  const speaker = { url: running.url, tokens };
  await history.endOfHistory(new Telling(speaker, memory));
  const status = await getJson(speaker, "/v1/backup/status");
  if (status.exportedRevision !== exported || status.openPurges !== 1)
    throw new Error(`a tick came between: ${JSON.stringify(status)}`);
  await running.stop();
}

/** A data folder in which only the bucket of another is left, and what `restore` makes of it. */
async function restored(from: Product, to: Product, revision?: number): Promise<Product> {
  cpSync(join(from.data, "bucket"), join(to.data, "bucket"), { recursive: true });
  copyFileSync(join(from.data, "admin-token"), join(to.data, "admin-token"));
  const at = revision === undefined ? [] : ["--revision", String(revision)];
  await ledge(to, ["restore", "--to", join(to.data, "ledge.db"), ...at]);
  return to;
}

/** The first commits of the new epoch, and their backups. */
async function liveAgain(product: Product, tokens: Record<string, string>): Promise<void> {
  const running = await start(product);
  const tell = new Telling({ url: running.url, tokens }, emptyMemory());
  await tell.put("shop-prod", "late", "another life");
  await ledge(product, ["backup", "run"]);
  await tell.put("shop-prod", "limits/api", '{"rps": 400}', { type: "application/json", ifMatch: "*" });
  await tell.remove("odd-keys", "a//b");
  await tell.commit([{ op: "put", namespace: "odd-keys", key: "𐍈", ifRevision: 0, value: ["new"] }], {
    message: "in epoch 1",
    author: "kim",
  });
  await ledge(product, ["backup", "run"]);
  await tell.put("shop-prod", "late", "another life goes on", { ifMatch: "*" });
  await ledge(product, ["backup", "run"]);
  await running.stop();
}

/** One file, copied; both go on, and the second to export is told. */
async function forked(
  from: Product,
  to: Product,
  { tokens, past, exported }: { tokens: Record<string, string>; past: readonly number[]; exported: number },
): Promise<Left[]> {
  cpSync(from.data, to.data, { recursive: true });
  const [file, left, right] = ["ledge.db", "left.db", "right.db"].map((name) => join(to.data, name));
  if (file === undefined || left === undefined || right === undefined) throw new Error("three names");
  copyFileSync(file, right);
  const goOn = async (side: string, statuses: readonly number[]) => {
    const running = await start(to);
    const tell = new Telling({ url: running.url, tokens }, emptyMemory());
    await tell.put("shop-prod", "late", `the ${side} one`, { ifMatch: "*" });
    await tell.put("shop-prod", `only-${side}`, side);
    await ledge(to, ["backup", "run"], { statuses });
    await running.stop();
  };
  await goOn("left", [0]);
  renameSync(file, left);
  renameSync(right, file);
  await goOn("right", [1, 6]);
  renameSync(file, right);
  const common = { product: to, bucket: join(to.data, "bucket"), restored: false, past, shared: exported };
  return [
    { name: "fork-left", kind: "open", file: left, ...common },
    { name: "fork-right", kind: "fork", file: right, ...common },
  ];
}

/** Signed, encrypted, and sealed for a move. */
async function moved(bare: Product, tokens: Record<string, string>): Promise<Left> {
  const sign: { secret: string; public: string } = JSON.parse(
    await ledge(bare, ["key", "new", "--sign", "-o", "json"]),
  );
  const encrypt: { key: string } = JSON.parse(await ledge(bare, ["key", "new", "--encrypt", "-o", "json"]));
  const variables = { backup_signing_key: sign.secret, backup_encryption_keys: encrypt.key };
  const product = { ...bare, variables };
  const running = await start(product);
  tokens.movedRoot = rootToken(product.data);
  const speaker = { url: running.url, tokens: { root: tokens.movedRoot } };
  const tell = new Telling(speaker, emptyMemory());
  await tell.admin("PUT", "namespaces/shop-prod", { json: { description: "to be moved" } });
  await tell.put("shop-prod", "limits/api", '{"rps": 1}', { type: "application/json" });
  await tell.put("shop-prod", "binary", Uint8Array.of(0, 255));
  const past = await headOf(speaker);
  await ledge(product, ["backup", "run"]);
  await tell.put("shop-prod", "limits/api", '{"rps": 2}', { type: "application/json", ifMatch: "*" });
  await ledge(product, ["mode", "read-only"]);
  await ledge(product, ["backup", "seal"]);
  await running.stop();
  return {
    name: "moved",
    kind: "sealed",
    ...storeOf(product),
    trust: sign.public,
    restored: false,
    shared: 0,
    past: [past],
  };
}

function emptyMemory(): Memory {
  return { repeats: [], listCursors: [], feedCursors: [], purged: [] };
}

async function headOf(speaker: Speaker): Promise<number> {
  return Number((await getJson(speaker, "/v1/admin/status")).head);
}
