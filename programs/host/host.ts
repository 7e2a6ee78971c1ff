/**
 * The embedded host: runs the components of a `spin.toml` on Node as Spin would (docs/host.md).
 * Promise: after `stop` nothing of it is left but the files in its data folder. It knows manifests and
 * grants; it does not know what the components do.
 */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { type RefusalCode, refuse } from "../../lib/core/refusal.ts";
import { HOST_PARKS_VARIABLE } from "../../lib/core/waiting.ts";
import { Bodies } from "./front/bodies.ts";
import { type Front, openFront } from "./front/front.ts";
import { HostMetrics } from "./front/metrics.ts";
import { makeRouter } from "./front/routes.ts";
import { refusalReply } from "./front/sending.ts";
import type { HostLine, HostOptions, RunningHost } from "./options.ts";
import { openLookout } from "./parking/lookout.ts";
import { Parking } from "./parking/parking.ts";
import type { JobResult } from "./pool/member.ts";
import { Outgoing } from "./pool/outgoing.ts";
import { Pool } from "./pool/pool.ts";
import type { ComponentGrant, GuestRequest } from "./pool/protocol.ts";
import { startCrons } from "./spin/cron.ts";
import type { DatabaseAddress } from "./spin/databases.ts";
import { databaseAddresses, grantFor, runStartSql } from "./spin/grants.ts";
import type { CallResult } from "./spin/imports.ts";
import { readSpinManifest, type SpinManifest } from "./spin/manifest.ts";
import { type FileLoss, StoreFile } from "./spin/store-file.ts";
import { resolveVariables } from "./spin/variables.ts";

const MIB = 1024 * 1024;
const QUEUE_MAX = 1024;
const PARKED_MAX = 1000;
const SCHEDULED_WORKERS_MAX = 4;
/** So many more threads may be there while guests sleep. */
const HELD_UP_WORKERS_MAX = 8;
const STOP_GRACE_MS = 5000;

/** Starts everything. Rejects, saying what is wrong, before it listens; EADDRINUSE keeps its code. */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  // Components of the small engine compute addresses in constants, which Node 20 still has behind a flag.
  setFlagsFromString("--experimental-wasm-extended-const");
  const manifest = readSpinManifest(options.manifest);
  const values = resolveVariables(manifest.variables, {
    given: options.variables ?? {},
    environment: options.environment ?? process.env,
  });
  const log = options.log ?? (({ text }: HostLine) => process.stderr.write(text));
  const addresses = databaseAddresses(options, manifest);
  const grants = await Promise.all(
    manifest.components.map((spec) => grantFor(options, spec, values, addresses)),
  );
  const database = addresses.default ?? "";
  runStartSql(options.sqlite ?? [], database, libsqlWorkerFile(options));
  const host = new Host(options, manifest, { grants, database }, log);
  await host.start();
  return {
    url: host.url,
    port: host.port,
    database,
    databaseFile: typeof database === "string" ? database : "",
    tick: (component) => host.tick(component, Math.floor(Date.now() / 1000)),
    stop: () => host.stop(),
  };
}

class Host {
  readonly #options: HostOptions;
  readonly #manifest: SpinManifest;
  readonly #grants: readonly ComponentGrant[];
  readonly #log: (line: HostLine) => void;
  readonly #outgoing = new Outgoing();
  readonly #scheduled: ReadonlySet<string>;
  readonly #pools = new Map<ComponentGrant["kind"], Pool>();
  readonly #parking: Parking;
  /** Components that leave it to the host to wait. */
  readonly #parks: ReadonlySet<string>;
  /** Undefined where the store is on a server or in memory. */
  readonly #storeFile: StoreFile | undefined;
  readonly #metrics: HostMetrics;
  #lastReplaced = "";
  #front: Front | undefined;
  #stopCrons = () => {};
  #started = () => {};
  /** A request may come between listening (which tells our port) and the first worker. */
  readonly #ready = new Promise<void>((resolve) => {
    this.#started = resolve;
  });

  constructor(
    options: HostOptions,
    manifest: SpinManifest,
    { grants, database }: { grants: readonly ComponentGrant[]; database: DatabaseAddress },
    log: (line: HostLine) => void,
  ) {
    this.#options = options;
    this.#manifest = manifest;
    this.#grants = grants;
    this.#log = log;
    this.#parks = new Set(
      grants.filter(({ variables }) => Object.hasOwn(variables, HOST_PARKS_VARIABLE)).map(({ name }) => name),
    );
    this.#storeFile =
      typeof database === "string" && database !== "" && database !== ":memory:"
        ? new StoreFile(database)
        : undefined;
    this.#metrics = new HostMetrics({ route: options.metricsRoute, file: this.#storeFile?.file });
    this.#parking = new Parking({
      parkedMax: options.maxParked ?? PARKED_MAX,
      lookout: openLookout(database),
      ask: (component, request) => this.#run(component, request),
    });
    this.#scheduled = new Set(manifest.crons.map(({ component }) => component));
  }

  get port(): number {
    return this.#front?.port ?? 0;
  }

  get url(): string {
    const { host } = this.#listen();
    const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
    return `http://${name.includes(":") ? `[${name}]` : name}:${this.port}`;
  }

  async start(): Promise<void> {
    const router = makeRouter(this.#manifest.routes, (route) =>
      this.#log({
        component: "host",
        stream: "stderr",
        text: `route ${route} stands twice; the last one wins\n`,
      }),
    );
    const { host, port } = this.#listen();
    try {
      this.#front = await openFront({
        host,
        port,
        applicationName: this.#manifest.name,
        router,
        bodies: new Bodies({
          bytesMax: this.#options.maxBodyBytes ?? 16 * MIB,
          togetherBytesMax: this.#options.maxBodiesBytes ?? 64 * MIB,
          timeoutMs: this.#options.bodyTimeoutMs ?? 30_000,
        }),
        metrics: this.#metrics,
        onRequest: this.#options.onRequest,
        allowHosts: this.#options.allowHosts ?? [],
        run: (component, request, client) => this.#serve(component, request, client),
        onTrap: (component, text) => this.#log({ component, stream: "stderr", text: `${text}\n` }),
      });
      this.#makePools();
      await Promise.all([...this.#pools.values()].map((pool) => pool.start()));
      this.#started();
      if (this.#options.cron ?? true) {
        this.#stopCrons = startCrons(this.#manifest.crons, (component, timestamp) => {
          this.#tickAndLog(component, timestamp);
        });
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async tick(component: string, timestamp: number): Promise<string | undefined> {
    const replaced = this.#storeFile?.look();
    if (replaced !== undefined) return `the store's file ${replaced}`;
    const limitMs = this.#options.tickTimeoutMs ?? 900_000;
    const variables = await this.#renewed(component);
    const order = { type: "cron", component, timestamp, variables } as const;
    const result = await this.#poolOf(component).run(order, limitMs);
    if (result.type === "ticked") return result.error;
    return result.type === "trap" ? result.text : `the tick ended by ${result.type}`;
  }

  async stop(): Promise<void> {
    this.#stopCrons();
    const closed = this.#front?.close(STOP_GRACE_MS);
    await this.#parking.stop(STOP_GRACE_MS);
    await Promise.all([...this.#pools.values()].map((pool) => pool.stop(STOP_GRACE_MS)));
    await closed;
    this.#metrics.stop();
    this.#outgoing.close();
  }

  async #tickAndLog(component: string, timestamp: number): Promise<void> {
    const error = await this.tick(component, timestamp);
    if (error !== undefined) this.#log({ component, stream: "stderr", text: `tick failed: ${error}\n` });
  }

  /** A request from the network. A store whose file is not what it was answers nothing, and acknowledges nothing. */
  async #serve(
    component: string,
    request: GuestRequest,
    client: () => AbortSignal,
  ): Promise<JobResult | undefined> {
    if (this.#options.withoutStore?.includes(request.uri)) return this.#run(component, request);
    const before = this.#storeFile?.look();
    if (before !== undefined) return refused("store_replaced", this.#tellReplaced(before));
    const result = this.#parks.has(component)
      ? await this.#parking.run(component, request, client)
      : await this.#run(component, request);
    const reads = request.method === "GET" || request.method === "HEAD";
    const after = reads ? undefined : this.#storeFile?.look();
    return after === undefined ? result : refused("outcome_unknown", this.#tellReplaced(after));
  }

  /** For the caller; the log gets the path. */
  #tellReplaced(replaced: FileLoss): string {
    const said = `the store's file ${replaced}`;
    if (said !== this.#lastReplaced)
      this.#log({ component: "host", stream: "stderr", text: `${said}: ${this.#storeFile?.file}\n` });
    this.#lastReplaced = said;
    return `From under this server ${said}. Stop it, put the file back or restore it from the bucket, and start again.`;
  }

  async #run(component: string, request: GuestRequest): Promise<JobResult> {
    if (this.#pools.size === 0) await this.#ready;
    const short = this.#options.requestTimeoutMs ?? 30_000;
    const limitMs = this.#scheduled.has(component) ? (this.#options.tickTimeoutMs ?? 900_000) : short;
    const variables = await this.#renewed(component);
    return this.#poolOf(component).run({ type: "http", component, request, variables }, limitMs);
  }

  /** Nothing, where the variables of a component stay as they are. */
  async #renewed(component: string): Promise<Readonly<Record<string, string>>> {
    const { renew } = this.#options;
    return renew?.component === component ? renew.variables() : {};
  }

  /** A call from a guest of the other kind. A trap is a 500 without a body, as from the network. */
  async #chain(component: string, request: GuestRequest): Promise<CallResult> {
    const result = await this.#run(component, request);
    if (result.type === "reply") return { ok: true, reply: result.reply };
    if (result.type !== "trap") return { ok: false, code: "internal-error", text: result.type };
    this.#log({ component, stream: "stderr", text: `${result.text}\n` });
    return { ok: true, reply: { status: 500, headers: [], body: undefined } };
  }

  #poolOf(component: string): Pool {
    const grant = this.#grants.find(({ name }) => name === component);
    const pool = grant === undefined ? undefined : this.#pools.get(grant.kind);
    if (pool === undefined) throw new Error(`there is no component ${component}`);
    return pool;
  }

  /** One pool a kind of guest, so that a long export never stands before a read. */
  #makePools(): void {
    const quick = this.#options.workers ?? Math.max(1, availableParallelism() - 1);
    for (const kind of new Set(this.#grants.map((grant) => grant.kind))) {
      const inbound = kind === "inbound-http";
      this.#pools.set(
        kind,
        new Pool({
          workerFile:
            this.#options.workerFile ?? fileURLToPath(new URL("./host-worker.mjs", import.meta.url)),
          settings: {
            kind,
            components: this.#grants,
            freshInstances: this.#options.freshInstances ?? false,
            libsqlWorkerFile: libsqlWorkerFile(this.#options),
            selfOrigin: this.url,
          },
          warm: this.#grants.flatMap((grant) => (grant.kind === kind ? [grant.name] : [])),
          size: inbound ? quick : 1,
          sizeMax: inbound ? quick + HELD_UP_WORKERS_MAX : SCHEDULED_WORKERS_MAX,
          eager: !inbound,
          spare: inbound,
          deep: inbound ? 2 : 1,
          queueMax: this.#options.maxQueued ?? QUEUE_MAX,
          // Those of the other kind call nested, so none of them waits for a worker.
          chains: new Set((inbound ? this.#grants : []).filter(mayChain).map(({ name }) => name)),
          outgoing: this.#outgoing,
          chain: (component, request) => this.#chain(component, request),
          onOutput: (component, stream, text) => this.#log({ component, stream, text }),
        }),
      );
    }
  }

  #listen(): { readonly host: string; readonly port: number } {
    return this.#options.listen ?? { host: "127.0.0.1", port: 0 };
  }
}

function refused(code: RefusalCode, detail: string): JobResult {
  // A file that went away does not come back by asking again.
  return { type: "reply", reply: refusalReply(refuse(code, detail, { members: { retryable: false } })) };
}

function mayChain({ outbound }: ComponentGrant): boolean {
  return outbound.some(({ host }) => host.kind === "chained");
}

function libsqlWorkerFile(options: HostOptions): string {
  return options.libsqlWorkerFile ?? fileURLToPath(new URL("./libsql-worker.mjs", import.meta.url));
}
