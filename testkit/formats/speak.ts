/**
 * Speaking to a store over HTTP alone: one request, every document, what follows behind a cursor. The makers of
 * test/fixtures and the tests that hold later code to them ask in the same words, so that what differs is the store.
 */
import { createHash } from "node:crypto";
import type { ExpectedAnswer, ExpectedDocument, FixtureAsk, JsonObject } from "./expected.ts";

export interface Speaker {
  readonly url: string;
  /** Tokens by the names that asks use. */
  readonly tokens: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

const ROOT = "root";
/** What a reader keeps of an answer's headers. */
const KEPT_HEADERS = [
  "content-location",
  "content-type",
  "etag",
  "ledge-document-revision",
  "ledge-lineage",
  "ledge-modified",
  "ledge-replayed",
  "ledge-revision",
];
/** What is interface in a problem document, besides the members that a code brings along. */
const PROSE = new Set(["type", "title", "detail", "instance", "errors"]);

export async function send({ url, tokens }: Speaker, ask: Omit<FixtureAsk, "name">): Promise<Reply> {
  const headers = new Headers(ask.headers ?? {});
  if (ask.token !== null) headers.set("authorization", `Bearer ${tokens[ask.token] ?? ask.token}`);
  if (ask.json !== undefined) headers.set("content-type", "application/json");
  const body =
    ask.json !== undefined
      ? JSON.stringify(ask.json)
      : ask.base64 === undefined
        ? null
        : new Uint8Array(Buffer.from(ask.base64, "base64"));
  const answer = await fetch(`${url}${ask.path}`, { method: ask.method, headers, body });
  return {
    status: answer.status,
    headers: answer.headers,
    bytes: Buffer.from(await answer.arrayBuffer()),
  };
}

/** GET as root, which has to succeed. */
export async function getJson(speaker: Speaker, path: string): Promise<JsonObject> {
  const reply = await send(speaker, { method: "GET", path, token: ROOT });
  if (reply.status !== 200) throw new Error(`GET ${path}: ${reply.status} ${reply.bytes.toString()}`);
  return JSON.parse(reply.bytes.toString());
}

/** What of a reply has to stay. */
export function answerOf({ status, headers, bytes }: Reply): ExpectedAnswer {
  const kept = KEPT_HEADERS.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  const type = headers.get("content-type") ?? "";
  const text = bytes.toString();
  const body = /^application\/(problem\+)?json$/.test(type) ? { json: withoutProse(text, type) } : { text };
  return { status, headers: Object.fromEntries(kept), ...body };
}

function withoutProse(text: string, type: string): unknown {
  const parsed: unknown = JSON.parse(text);
  if (type !== "application/problem+json" || !isObject(parsed)) return parsed;
  return Object.fromEntries(Object.entries(parsed).filter(([name]) => !PROSE.has(name)));
}

/** Items of every page of a list route. */
export async function listAll(speaker: Speaker, path: string, member: string): Promise<JsonObject[]> {
  const items: JsonObject[] = [];
  for (let at: string | undefined = path; at !== undefined; ) {
    const page: JsonObject = await getJson(speaker, at);
    const found = page[member];
    if (!Array.isArray(found)) throw new Error(`${path} has no ${member}`);
    items.push(...found.filter(isObject));
    at = typeof page.next === "string" ? withCursor(path, page.next) : undefined;
  }
  return items;
}

export function withCursor(path: string, cursor: string): string {
  const [route = "", query = ""] = path.split("?");
  const parameters = new URLSearchParams(query);
  parameters.set("cursor", cursor);
  return `${route}?${parameters}`;
}

/** Every document of every namespace and of `_system`, now or at a revision, and its bytes. */
export async function readDocuments(
  speaker: Speaker,
  revision?: number,
): Promise<{ document: ExpectedDocument; bytes: Buffer }[]> {
  const at = revision === undefined ? "" : `&revision=${revision}`;
  const settings = await keysIn(speaker, "_system", at);
  const names = settings.flatMap((key) => /^namespace\/(.+)$/.exec(key)?.[1] ?? []);
  const read = [];
  for (const namespace of ["_system", ...names])
    for (const key of namespace === "_system" ? settings : await keysIn(speaker, namespace, at))
      read.push(await readDocument(speaker, { namespace, key, at }));
  return read;
}

async function keysIn(speaker: Speaker, namespace: string, at: string): Promise<string[]> {
  const path = `/v1/list/${namespace}?limit=1000${at}`;
  // A namespace that was deleted since is not there at an older revision either.
  if (at !== "" && (await send(speaker, { method: "GET", path, token: ROOT })).status === 404) return [];
  const documents = await listAll(speaker, path, "documents");
  return documents.map((one) => String(one.key));
}

async function readDocument(
  speaker: Speaker,
  { namespace, key, at }: { namespace: string; key: string; at: string },
): Promise<{ document: ExpectedDocument; bytes: Buffer }> {
  const path = readPath(namespace, key);
  const { status, headers, bytes } = await send(speaker, {
    method: "GET",
    path: `${path}${at}`,
    token: ROOT,
  });
  if (status !== 200) throw new Error(`GET ${path}${at}: ${status} ${bytes.toString()}`);
  const document = {
    namespace,
    key,
    etag: headers.get("etag") ?? "",
    mediaType: headers.get("content-type") ?? "",
    modified: headers.get("ledge-modified") ?? "",
    value: valueId(bytes),
  };
  return { document, bytes };
}

export function readPath(namespace: string, key: string): string {
  return `/v1/read/${namespace}?key=${encodeURIComponent(key)}`;
}

export function writePath(namespace: string, key: string): string {
  return `/v1/write/${namespace}?key=${encodeURIComponent(key)}`;
}

export function valueId(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

/** Asks with an old cursor, and then with each that comes back, to the end. */
export async function followPages(
  speaker: Speaker,
  ask: FixtureAsk,
): Promise<{ answer: ExpectedAnswer; pages: JsonObject[] }> {
  const first = answerOf(await send(speaker, ask));
  const pages: JsonObject[] = [];
  let answer = first;
  while (answer.status === 200 && isObject(answer.json)) {
    const { next, cursor, ...page } = answer.json;
    pages.push(page);
    const goesOn =
      typeof cursor === "string" ? Number(page.revision) < Number(page.head) : next !== undefined;
    if (!goesOn) break;
    answer = answerOf(await send(speaker, { ...ask, path: withCursor(ask.path, String(cursor ?? next)) }));
  }
  const { status, headers } = first;
  return { answer: status === 200 ? { status, headers } : first, pages };
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
