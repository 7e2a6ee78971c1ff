/**
 * Telling a store its history, one request after another, and keeping on the way what a reader would keep: cursors
 * taken in the middle, requests that may be sent again, values that a purge took away.
 */
import type { FixtureAsk, Purged } from "../expected.ts";
import { isObject, type Reply, type Speaker, send, withCursor, writePath } from "../speak.ts";

/** With the newest revision that it knows of: a store that has it has to answer as this one does. */
export interface Kept {
  readonly ask: FixtureAsk;
  readonly revision: number;
}

export interface Memory {
  readonly repeats: Kept[];
  readonly listCursors: Kept[];
  readonly feedCursors: Kept[];
  readonly purged: Purged[];
}

export interface Change {
  readonly op: "put" | "delete" | "check";
  readonly namespace: string;
  readonly key: string;
  readonly ifRevision?: number | "any";
  readonly value?: unknown;
  readonly mediaType?: string;
  readonly text?: string;
  readonly base64?: string;
}

export interface Words {
  readonly token?: string;
  readonly message?: string;
  readonly author?: string;
  readonly meta?: Readonly<Record<string, string>>;
  readonly once?: string;
}

interface Page {
  readonly revision: number;
  readonly head?: number;
  readonly cursor?: string;
  readonly next?: string;
}

export class Telling {
  readonly speaker: Speaker;
  readonly memory: Memory;

  constructor(speaker: Speaker, memory: Memory) {
    this.speaker = speaker;
    this.memory = memory;
  }

  /** Puts bytes or text. `ifMatch` undefined creates; an ETag, or `*`. Gives the ETag. */
  async put(
    namespace: string,
    key: string,
    value: string | Uint8Array,
    more: Words & { type?: string; ifMatch?: string; unconditional?: boolean } = {},
  ): Promise<string> {
    const { type = "text/plain", ifMatch, unconditional = false } = more;
    const condition = ifMatch === undefined ? { "if-none-match": "*" } : { "if-match": ifMatch };
    const reply = await this.change(more.once ?? `PUT ${namespace} ${key}`, {
      method: "PUT",
      path: withMessage(writePath(namespace, key), more.message),
      token: more.token ?? "root",
      headers: { "content-type": type, ...(unconditional ? {} : condition), ...onceHeader(more) },
      base64: Buffer.from(value).toString("base64"),
    });
    return reply.headers.get("etag") ?? "";
  }

  async remove(namespace: string, key: string, ifMatch = "*", words: Words = {}): Promise<void> {
    await this.change(words.once ?? `DELETE ${namespace} ${key}`, {
      method: "DELETE",
      path: withMessage(writePath(namespace, key), words.message),
      token: words.token ?? "root",
      headers: { "if-match": ifMatch, ...onceHeader(words) },
    });
  }

  /** Gives the revision. */
  async commit(changes: readonly Change[], words: Words = {}): Promise<number> {
    const { message, author, meta, token = "root", once } = words;
    const reply = await this.change(once ?? "POST /v1/commit", {
      method: "POST",
      path: "/v1/commit",
      token,
      headers: onceHeader(words),
      json: { message, author, meta, changes },
    });
    return revisionOf(reply);
  }

  admin(method: string, path: string, more: Partial<FixtureAsk> = {}): Promise<Reply> {
    return this.change(`${method} ${path}`, { method, path: `/v1/admin/${path}`, token: "root", ...more });
  }

  /** Erases a value that is or was there, and remembers its bytes. */
  async purge(
    namespace: string,
    key: string,
    value: Buffer,
    { keepCurrent = false, open = false }: { keepCurrent?: boolean; open?: boolean } = {},
  ): Promise<void> {
    await this.must({
      method: "POST",
      path: "/v1/admin/purge",
      token: "root",
      json: { namespace, key, why: "a secret was pasted", keepCurrent },
    });
    this.memory.purged.push({ namespace, key, value: { base64: value.toString("base64") }, open });
  }

  /** Takes a page now, of the feed the newest, and keeps what asks for the page behind it. */
  async keepCursor(kind: "listCursors" | "feedCursors", path: string, token = "root"): Promise<void> {
    let page = await this.page(path, token);
    while (page.head !== undefined && page.cursor !== undefined && page.revision < page.head)
      page = await this.page(withCursor(path, page.cursor), token);
    const cursor = page.cursor ?? page.next;
    if (cursor === undefined) throw new Error(`GET ${path} has no page behind it`);
    const name = `${path} at ${page.revision}`;
    const ask = { name, method: "GET", path: withCursor(path, cursor), token };
    this.memory[kind].push({ ask, revision: page.revision });
  }

  private async page(path: string, token: string): Promise<Page> {
    return JSON.parse((await this.must({ method: "GET", path, token })).bytes.toString());
  }

  /** A request that has to be refused with this status. */
  async refused(status: number, ask: Omit<FixtureAsk, "name">): Promise<void> {
    const reply = await send(this.speaker, ask);
    if (reply.status !== status) throw new Error(`${ask.method} ${ask.path}: ${reply.status}, not ${status}`);
  }

  /** Sends, and where it may be sent again remembers it. */
  private async change(name: string, ask: Omit<FixtureAsk, "name">): Promise<Reply> {
    const reply = await this.must(ask);
    if (ask.headers?.["idempotency-key"] !== undefined)
      this.memory.repeats.push({ ask: { name, ...ask }, revision: revisionOf(reply) });
    return reply;
  }

  private async must(ask: Omit<FixtureAsk, "name">): Promise<Reply> {
    const reply = await send(this.speaker, ask);
    if (reply.status >= 300)
      throw new Error(`${ask.method} ${ask.path}: ${reply.status} ${reply.bytes.toString()}`);
    return reply;
  }
}

function onceHeader({ once }: Words): Record<string, string> {
  return once === undefined ? {} : { "idempotency-key": once };
}

function withMessage(path: string, message: string | undefined): string {
  return message === undefined ? path : `${path}&message=${encodeURIComponent(message)}`;
}

function revisionOf(reply: Reply): number {
  const body: unknown = JSON.parse(reply.bytes.toString());
  return isObject(body) ? Number(body.revision) : 0;
}
