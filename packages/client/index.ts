/**
 * The client of Ledge: configuration of one namespace, read, followed and changed. Needs `fetch` and nothing else, and runs
 * in Node, Deno, Bun, browsers, workers and Spin components.
 */
import type { CommitAnswer } from "../../lib/api/document-answers.ts";
import type { PlanAnswer } from "../../lib/api/plan-answer.ts";
import type { RevertBody } from "../../lib/api/revert-body.ts";
import { type ConfigDocument, valueIn } from "./document.ts";
import { type Keep, KnownDocuments } from "./known.ts";
import { type Listed, type ReadWorld, readAll, readMany, readOne } from "./reads.ts";
import { conform, type StandardSchema } from "./schema.ts";
import { openServer, type ServerOptions } from "./server.ts";
import { watchChanges } from "./watch.ts";
import type { OnChange, Watching, WatchSettings } from "./watched.ts";
import {
  type About,
  type ConfigChange,
  type DocumentOptions,
  planOf,
  type Sending,
  sendCommit,
  sendRevert,
  writeDocument,
} from "./writes.ts";

export { type ConfigDocument, decodeText, valueIn } from "./document.ts";
export { type ErrorCause, type ErrorCode, LedgeError } from "./errors.ts";
export type { AnswerHeaders, Fetch, FetchAnswer, FetchAsked } from "./fetch.ts";
export { keepIn } from "./keeps.ts";
export type { Keep } from "./known.ts";
export type { Listed } from "./reads.ts";
export type { StandardSchema } from "./schema.ts";
export type { ServerOptions, ServerRequest } from "./server.ts";
export type { OnChange, WatchEvent, WatchedChange, Watching, WatchSettings } from "./watched.ts";
export type { About, ConfigChange, DocumentOptions, Sending } from "./writes.ts";

export interface ConfigOptions extends ServerOptions {
  readonly namespace: string;
  /** Where the last known good documents outlive the process: keepIn(localStorage), keepInFile(path), or one's own. */
  readonly keep?: Keep;
  /** A document that is younger is given without asking, in milliseconds. Default: 0, so that each read asks. */
  readonly maxAgeMs?: number;
  /** Nothing older than this revision is read; the server is waited for for some seconds. */
  readonly minRevision?: number;
  /** Told of what the client lives with: a stale document given, a stream lost, a place that keeps nothing. */
  readonly onTrouble?: (error: unknown) => void;
}

export interface Config {
  /**
   * A value: parsed JSON, text, or bytes, by the media type; undefined when there is no such document. With a schema (any
   * Standard Schema) what the schema makes of it; where there is no document the schema gets undefined, so a default
   * stands in. Rejects with LedgeError: `value_unfit` where the schema refuses it.
   */
  get(key: string): Promise<unknown>;
  get<Output>(key: string, schema: StandardSchema<Output>): Promise<Output>;
  /** The document as it is stored, with its ETag. */
  document(key: string): Promise<ConfigDocument | undefined>;
  /** Those that there are of the keys, all of one state. */
  getMany(keys: readonly string[]): Promise<ReadonlyMap<string, ConfigDocument>>;
  /** All documents whose keys begin with a prefix, all of one state. */
  list(prefix?: string): Promise<Listed>;
  /** Tells of each commit that changes a document whose key begins with the prefix, until it is closed. */
  watch(prefix: string, onChange: OnChange, options?: WatchSettings): Watching;
  /** Puts a JSON value. `if`: the ETag that it replaces, or "any"; without it only what is not there is put. */
  put(key: string, value: unknown, options?: DocumentOptions): Promise<CommitAnswer>;
  /** `if`: the ETag of what is deleted, or "any". */
  delete(key: string, options: DocumentOptions & { readonly if: string }): Promise<CommitAnswer>;
  /** Several changes at once, all or none. */
  commit(changes: readonly ConfigChange[], about?: About & Sending): Promise<CommitAnswer>;
  /** What a commit or a revert would do, and everything that would refuse it. */
  plan(asked: readonly ConfigChange[] | RevertBody, about?: About): Promise<PlanAnswer>;
  /** Undoes commits, or puts keys back to how they were. */
  revert(asked: RevertBody & Sending): Promise<CommitAnswer>;
  /** Ends what is watched, and keeps what is known. */
  close(): Promise<void>;
}

/** One's own commits are seen by later reads; after a restore they may be gone, so not for ever. */
const OWN_COMMIT_MS = 60_000;

/** Opens the configuration of a namespace. Asks nothing yet. */
export function openConfig(options: ConfigOptions): Config {
  const { namespace, minRevision = 0, maxAgeMs = 0, onTrouble = () => {} } = options;
  const server = openServer(options);
  const known = new KnownDocuments(options.keep, onTrouble);
  let own = { revision: 0, untilMs: 0 };
  const world: ReadWorld = {
    server,
    namespace,
    known,
    maxAgeMs,
    minRevision: () => Math.max(minRevision, Date.now() < own.untilMs ? own.revision : 0),
    onTrouble,
  };
  const writing = {
    server,
    namespace,
    committed({ revision, changes }: CommitAnswer) {
      own = { revision, untilMs: Date.now() + OWN_COMMIT_MS };
      for (const change of changes) if (change.namespace === namespace) known.doubt(namespace, change.key);
    },
  };
  const open = new Set<Watching>();

  async function get<Output>(key: string, schema?: StandardSchema<Output>): Promise<unknown> {
    const document = await readOne(world, key);
    const value = document === undefined ? undefined : valueIn(document);
    return schema === undefined ? value : conform(schema, value, `${namespace}/${key}`);
  }

  return {
    get,
    document: (key) => readOne(world, key),
    getMany: (keys) => readMany(world, keys),
    list: (prefix = "") => readAll(world, prefix),
    watch(prefix, onChange, more = {}) {
      const watching = watchChanges(world, prefix, { ...more, onChange });
      open.add(watching);
      const end = () => open.delete(watching);
      watching.done.then(end, end);
      return watching;
    },
    put: (key, value, more = {}) => writeDocument(writing, { op: "put", key, value }, more),
    delete: (key, more) => writeDocument(writing, { op: "delete", key }, more),
    commit: (changes, about = {}) => sendCommit(writing, changes, about),
    plan: (asked, about = {}) => planOf(writing, asked, about),
    revert: (asked) => sendRevert(writing, asked),
    async close() {
      for (const watching of open) watching.close();
      await known.flush();
    },
  };
}
