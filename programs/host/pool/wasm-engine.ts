/** The Wasm engine: the components as they are built, in worker threads, one pool for each kind of guest. */
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import type { Engine, JobResult } from "../engine.ts";
import { loadComponent } from "../guests/transpile.ts";
import type { EngineParts, HostOptions } from "../options.ts";
import type { CallResult } from "../spin/imports.ts";
import { Outgoing } from "./outgoing.ts";
import { Pool } from "./pool.ts";
import type { ComponentGrant, GuestRequest, Order } from "./protocol.ts";

const QUEUE_MAX = 1024;
const SCHEDULED_WORKERS_MAX = 4;
/** So many more threads may be there while guests sleep. */
const HELD_UP_WORKERS_MAX = 8;

/** Loads the components of the manifest. Rejects, naming the component, where one is not built or cannot be run. */
export async function openWasmEngine(parts: EngineParts): Promise<Engine> {
  // Components of the small engine compute addresses in constants, which Node 20 still has behind a flag.
  setFlagsFromString("--experimental-wasm-extended-const");
  const { options, manifest, components } = parts;
  const cacheDir = options.cacheDir ?? join(resolve(options.stateDir), "cache");
  const grants = await Promise.all(
    components.map(async (reach): Promise<ComponentGrant> => {
      const source = manifest.components.find(({ name }) => name === reach.name)?.source ?? "";
      try {
        return { ...reach, ...(await loadComponent(source, cacheDir)) };
      } catch (cause) {
        const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
        const words = missing ? `${source} is not there; run \`npm run build\`` : String(cause);
        throw new Error(`component ${reach.name}: ${words.replace(/^Error: /, "")}`, { cause });
      }
    }),
  );
  return new WasmEngine(parts, grants);
}

class WasmEngine implements Engine {
  readonly #parts: EngineParts;
  readonly #grants: readonly ComponentGrant[];
  readonly #outgoing = new Outgoing();
  readonly #pools = new Map<ComponentGrant["kind"], Pool>();

  constructor(parts: EngineParts, grants: readonly ComponentGrant[]) {
    this.#parts = parts;
    this.#grants = grants;
  }

  async start(selfUrl: string): Promise<void> {
    this.#makePools(selfUrl);
    await Promise.all([...this.#pools.values()].map((pool) => pool.start()));
  }

  run(order: Order, limitMs: number): Promise<JobResult> {
    return this.#poolOf(order.component).run(order, limitMs);
  }

  async stop(graceMs: number): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.stop(graceMs)));
    this.#outgoing.close();
  }

  /** A call from a guest of the other kind. A trap is a 500 without a body, as from the network. */
  async #chain(component: string, request: GuestRequest): Promise<CallResult> {
    const result = await this.#parts.chain(component, request);
    if (result.type === "reply") return { ok: true, reply: result.reply };
    if (result.type !== "trap") return { ok: false, code: "internal-error", text: result.type };
    this.#parts.log({ component, stream: "stderr", text: `${result.text}\n` });
    return { ok: true, reply: { status: 500, headers: [], body: undefined } };
  }

  #poolOf(component: string): Pool {
    const grant = this.#grants.find(({ name }) => name === component);
    const pool = grant === undefined ? undefined : this.#pools.get(grant.kind);
    if (pool === undefined) throw new Error(`there is no component ${component}`);
    return pool;
  }

  /** One pool a kind of guest, so that a long export never stands before a read. */
  #makePools(selfUrl: string): void {
    const { options } = this.#parts;
    const quick = options.workers ?? Math.max(1, availableParallelism() - 1);
    for (const kind of new Set(this.#grants.map((grant) => grant.kind))) {
      const inbound = kind === "inbound-http";
      this.#pools.set(
        kind,
        new Pool({
          workerFile: options.workerFile ?? fileURLToPath(new URL("./host-worker.mjs", import.meta.url)),
          settings: {
            kind,
            components: this.#grants,
            freshInstances: options.freshInstances ?? false,
            libsqlWorkerFile: libsqlWorkerFile(options),
            selfOrigin: selfUrl,
          },
          warm: this.#grants.flatMap((grant) => (grant.kind === kind ? [grant.name] : [])),
          size: inbound ? quick : 1,
          later: !inbound,
          sizeMax: inbound ? quick + HELD_UP_WORKERS_MAX : SCHEDULED_WORKERS_MAX,
          eager: !inbound,
          spare: inbound,
          deep: inbound ? 2 : 1,
          queueMax: options.maxQueued ?? QUEUE_MAX,
          // Those of the other kind call nested, so none of them waits for a worker.
          chains: new Set((inbound ? this.#grants : []).filter(mayChain).map(({ name }) => name)),
          outgoing: this.#outgoing,
          chain: (component, request) => this.#chain(component, request),
          onOutput: (component, stream, text) => this.#parts.log({ component, stream, text }),
        }),
      );
    }
  }
}

function mayChain({ outbound }: ComponentGrant): boolean {
  return outbound.some(({ host }) => host.kind === "chained");
}

export function libsqlWorkerFile(options: HostOptions): string {
  return options.libsqlWorkerFile ?? fileURLToPath(new URL("./libsql-worker.mjs", import.meta.url));
}
