/**
 * The agent as a library: configuration of some namespaces, kept in SQLite beside the process and served from memory, whether
 * or not the origin answers. `ledge agent` is this with an HTTP door (programs/agent).
 */
import { randomBytes } from "node:crypto";
import { readKeysBelow } from "../../lib/store/replica/replica.ts";
import type { ConfigDocument } from "../client/document.ts";
import { LedgeError } from "../client/errors.ts";
import { conform, type StandardSchema } from "../client/schema.ts";
import { EDGE_LIMITS, type EdgeLimits } from "./guard.ts";
import { HotDocuments } from "./hot-documents.ts";
import { type AgentLog, Lane } from "./lane.ts";
import type { LaneState } from "./lane-state.ts";
import type { ReplicaCommit, Source } from "./source.ts";
import { TIMING, type Timing } from "./timing.ts";

export { type ConfigDocument, decodeText, valueIn } from "../client/document.ts";
export { LedgeError } from "../client/errors.ts";
export { EDGE_LIMITS, type EdgeLimits, type GuardRefusal } from "./guard.ts";
export { httpSource } from "./http-source.ts";
export type { LaneState, RefusedRevision, Trouble } from "./lane-state.ts";
export type { Source, SourceKind } from "./source.ts";
export { TIMING, type Timing } from "./timing.ts";

export interface AgentOptions {
  /** The folder of the replicas; made where it is not there. One process at a time may have it. */
  readonly folder: string;
  /** `shop-prod`, or `shop-prod@stable` for what the channel `stable` gives this edge. */
  readonly namespaces: readonly string[];
  /** The name by which rollouts know this edge. */
  readonly edge?: string;
  /** In order: the first that answers is followed, and a better one again once it answers. */
  readonly sources: readonly Source[];
  readonly limits?: Partial<EdgeLimits>;
  readonly timing?: Partial<Timing>;
  /** Lineages that are followed though they do not come from what is here: a person has picked them. */
  readonly acceptedLineages?: readonly string[];
  /** One line for people: what is refused, which source is lost. Default: nothing is written. */
  readonly log?: AgentLog;
  /** Between 0 and 1. Default: Math.random. */
  readonly random?: () => number;
}

export interface AgentMove {
  readonly namespace: string;
  /** The keys of documents that were changed; undefined: any of them may have been. */
  readonly keys: ReadonlySet<string> | undefined;
}

export interface Agent {
  /**
   * A value from memory or from the replica: parsed JSON, text or bytes, by the media type; undefined when there is no such
   * document. Objects are shared from the second read on: do not change them. Throws LedgeError `not_ready` before the first state has come.
   */
  get(namespace: string, key: string): unknown;
  /** The same through a schema (any Standard Schema). */
  get<Output>(namespace: string, key: string, schema: StandardSchema<Output>): Promise<Output>;
  /** The document as it is stored. `stale` is true where the newest state is not known to be this one. */
  document(namespace: string, key: string): ConfigDocument | undefined;
  /** The keys of a namespace that begin with a prefix, in order. */
  keys(namespace: string, prefix: string): readonly string[];
  /** What each namespace says of itself: how far, from where, how old, and what is wrong. */
  state(namespace: string): LaneState;
  readonly lanes: ReadonlyMap<string, Lane>;
  /** Resolves when each namespace has a state. Rejects with `not_ready` after so many milliseconds. */
  ready(timeoutMs: number): Promise<void>;
  /** Tells of each move until the function that it gives is called. */
  onMove(told: (move: AgentMove) => void): () => void;
  /** Tells when a refusal or a trouble begins, and with each move. */
  onState(told: () => void): () => void;
  close(): Promise<void>;
}

/** Opens the replicas that are there, and follows. Throws what the folder says. */
export function openAgent(options: AgentOptions): Agent {
  const id = randomBytes(6).toString("hex");
  const moved = new Set<(move: AgentMove) => void>();
  const changed = new Set<() => void>();
  const ending = new AbortController();
  const tellState = () => {
    for (const told of changed) told();
  };
  const lanes = new Map(
    options.namespaces.map((one) => {
      const [namespace = "", channel] = one.split("@", 2);
      const lane: Lane = new Lane({
        subject: { namespace, channel, edge: options.edge },
        folder: options.folder,
        sources: options.sources,
        id,
        limits: { ...EDGE_LIMITS, ...options.limits },
        timing: { ...TIMING, ...options.timing },
        accepted: options.acceptedLineages ?? [],
        random: options.random ?? Math.random,
        log: options.log ?? (() => {}),
        onState: tellState,
        onMoved(commits) {
          const keys = keysOf(namespace, commits);
          hot.get(namespace)?.forget(keys);
          for (const told of moved) told({ namespace, keys });
          tellState();
        },
      });
      return [namespace, lane] as const;
    }),
  );
  const hot = new Map([...lanes].map(([namespace, lane]) => [namespace, new HotDocuments(lane)]));
  const running = [...lanes.values()].map((lane) => lane.run(ending.signal));

  const laneOf = (namespace: string): Lane => known(lanes.get(namespace), namespace);
  const document = (namespace: string, key: string) => known(hot.get(namespace), namespace).find(key);
  function get(namespace: string, key: string): unknown;
  function get<Output>(namespace: string, key: string, schema: StandardSchema<Output>): Promise<Output>;
  function get(namespace: string, key: string, schema?: StandardSchema): unknown {
    const value = known(hot.get(namespace), namespace).value(key);
    return schema === undefined ? value : conform(schema, value, `${namespace}/${key}`);
  }

  return {
    get,
    document,
    keys: (namespace, prefix) => laneOf(namespace).read((db) => readKeysBelow(db, namespace, prefix)),
    lanes,
    state: (namespace) => laneOf(namespace).state,
    ready: (timeoutMs) => whenReady([...lanes.values()], changed, timeoutMs),
    onMove(told) {
      moved.add(told);
      return () => moved.delete(told);
    },
    onState(told) {
      changed.add(told);
      return () => changed.delete(told);
    },
    async close() {
      ending.abort(new Error("the agent is closed"));
      await Promise.all(running);
      for (const lane of lanes.values()) lane.close();
    },
  };
}

function known<T>(found: T | undefined, namespace: string): T {
  if (found !== undefined) return found;
  throw new LedgeError("namespace_not_found", `This agent does not follow ${namespace}.`, { status: 404 });
}

function keysOf(namespace: string, commits: readonly ReplicaCommit[] | undefined) {
  if (commits === undefined) return undefined;
  return new Set(
    commits.flatMap(({ changes }) =>
      changes.filter((change) => change.namespace === namespace).map(({ key }) => key),
    ),
  );
}

function whenReady(lanes: readonly Lane[], changed: Set<() => void>, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const missing = () => lanes.filter((lane) => lane.replica === undefined);
    const end = (settle: () => void) => {
      clearTimeout(timer);
      changed.delete(look);
      settle();
    };
    const look = () => {
      if (missing().length === 0) end(resolve);
    };
    const timer = setTimeout(() => {
      const said = missing().map(({ namespace, state }) => `${namespace}: ${wordsOf(state)}`);
      end(() =>
        reject(
          new LedgeError("not_ready", `No state has come yet. ${said.join("; ")}`, {
            status: 503,
            retryable: true,
          }),
        ),
      );
    }, timeoutMs);
    changed.add(look);
    look();
  });
}

function wordsOf({ refusal, trouble, loaded }: LaneState): string {
  if (refusal !== undefined)
    return `revision ${refusal.revision} is refused: ${refusal.code}: ${refusal.detail}`;
  if (trouble !== undefined) return `${trouble.source}: ${trouble.code}: ${trouble.detail}`;
  return loaded === undefined ? "no source has answered yet" : `${loaded} documents have come so far`;
}
