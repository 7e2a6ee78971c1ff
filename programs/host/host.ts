/**
 * The embedded host: runs the components of a `spin.toml` on Node as Spin would (docs/host.md).
 * Promise: after `stop` nothing of it is left but the files in its data folder. It knows manifests and
 * grants; it does not know what the components do.
 */
import { closeSync, existsSync, openSync } from "node:fs";
import { type RefusalCode, refuse } from "../../lib/core/refusal.ts";
import { HOST_PARKS_VARIABLE } from "../../lib/core/waiting.ts";
import { calledRequest } from "./called-request.ts";
import type { Engine, JobResult } from "./engine.ts";
import { Bodies } from "./front/bodies.ts";
import { DeniedLog } from "./front/denied.ts";
import { type Front, openFront } from "./front/front.ts";
import { LastUsed } from "./front/last-used.ts";
import { HostMetrics } from "./front/metrics.ts";
import { ReadLimit } from "./front/read-limit.ts";
import { makeRouter } from "./front/routes.ts";
import { refusalReply } from "./front/sending.ts";
import type { HostLine, HostOptions, RunningHost } from "./options.ts";
import { openLookout } from "./parking/lookout.ts";
import { Parking } from "./parking/parking.ts";
import type { WaitingClient } from "./parking/waiting-client.ts";
import type { GuestRequest } from "./pool/protocol.ts";
import { libsqlWorkerFile, openWasmEngine } from "./pool/wasm-engine.ts";
import { andThen, type Soon } from "./soon.ts";
import { startCrons } from "./spin/cron.ts";
import type { DatabaseAddress } from "./spin/databases.ts";
import { databaseAddresses, reachOf, runStartSql } from "./spin/grants.ts";
import { readSpinManifest, type SpinManifest } from "./spin/manifest.ts";
import type { ComponentReach } from "./spin/reach.ts";
import { type FileLoss, StoreFile } from "./spin/store-file.ts";
import { resolveVariables } from "./spin/variables.ts";

const MIB = 1024 * 1024;
const PARKED_MAX = 1000;
const STOP_GRACE_MS = 5000;

/** Starts everything. Rejects, saying what is wrong, before it listens; EADDRINUSE keeps its code. */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const manifest = readSpinManifest(options.manifest);
  const values = resolveVariables(manifest.variables, {
    given: options.variables ?? {},
    environment: options.environment ?? process.env,
  });
  const log = options.log ?? (({ text }: HostLine) => process.stderr.write(text));
  const addresses = databaseAddresses(options, manifest);
  for (const address of Object.values(addresses)) makeFile(address);
  const components = manifest.components.map((spec) => reachOf(spec, values, addresses));
  const database = addresses.default ?? "";
  const open = options.engine ?? openWasmEngine;
  const chain = async (component: string, request: GuestRequest) => host.run(component, request);
  const engine = await open({ options, manifest, components, database, log, chain });
  runStartSql(options.sqlite ?? [], database, libsqlWorkerFile(options));
  const host = new Host(options, manifest, { engine, components, database }, log);
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
  readonly #engine: Engine;
  readonly #log: (line: HostLine) => void;
  readonly #scheduled: ReadonlySet<string>;
  readonly #parking: Parking;
  /** Components that leave it to the host to wait. */
  readonly #parks: ReadonlySet<string>;
  /** Undefined where the store is on a server or in memory. */
  readonly #storeFile: StoreFile | undefined;
  readonly #metrics: HostMetrics;
  readonly #lastUsed = new LastUsed();
  #lastReplaced = "";
  #looked: { readonly loss: FileLoss | undefined } | undefined;
  #lookedAfter: { readonly loss: FileLoss | undefined } | undefined;
  #front: Front | undefined;
  #stopCrons = () => {};
  #stopping = false;
  constructor(
    options: HostOptions,
    manifest: SpinManifest,
    {
      engine,
      components,
      database,
    }: { engine: Engine; components: readonly ComponentReach[]; database: DatabaseAddress },
    log: (line: HostLine) => void,
  ) {
    this.#options = options;
    this.#manifest = manifest;
    this.#engine = engine;
    this.#log = log;
    this.#parks = new Set(
      components
        .filter(({ variables }) => Object.hasOwn(variables, HOST_PARKS_VARIABLE))
        .map(({ name }) => name),
    );
    this.#storeFile =
      typeof database === "string" && database !== "" && database !== ":memory:"
        ? new StoreFile(database, { log: engine.keepsLog === true })
        : undefined;
    this.#metrics = new HostMetrics({ route: options.metricsRoute, file: this.#storeFile?.file });
    this.#parking = new Parking({
      parkedMax: options.maxParked ?? PARKED_MAX,
      lookout: openLookout(database),
      ask: (component, request) => this.#lookAndRun(component, request),
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
        denied: new DeniedLog((text) => this.#log({ component: "host", stream: "stderr", text })),
        lastUsed: this.#lastUsed,
        readLimit: readLimitOf(this.#options),
        codes: this.#options.codes,
        onRequest: this.#options.onRequest,
        allowHosts: this.#options.allowHosts ?? [],
        allowOrigins: this.#options.allowOrigins ?? [],
        run: (component, request, client) => this.#serve(component, request, client),
        answers: () => {
          const { answers } = this.#engine;
          return answers === undefined || this.#lookOnce() !== undefined ? undefined : answers;
        },
        stopping: () => this.#stopping,
        onTrap: (component, text) => this.#log({ component, stream: "stderr", text: `${text}\n` }),
      });
      await this.#engine.start(this.url);
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
    await this.#tellUsed(component);
    const limitMs = this.#options.tickTimeoutMs ?? 900_000;
    const variables = await this.#renewed(component);
    const order = { type: "cron", component, timestamp, variables } as const;
    const result = await this.#engine.run(order, limitMs);
    if (result.type === "ticked") return result.error;
    return result.type === "trap" ? result.text : `the tick ended by ${result.type}`;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stopCrons();
    const closed = this.#front?.close(STOP_GRACE_MS);
    await this.#parking.stop(STOP_GRACE_MS);
    await this.#engine.stop(STOP_GRACE_MS);
    await closed;
    this.#metrics.stop();
  }

  /** What is not told because the store takes nothing now is told with the next tick. */
  async #tellUsed(component: string): Promise<void> {
    const { tellUsed } = this.#options;
    const days = this.#lastUsed.untold();
    if (tellUsed?.component !== component || days.length === 0) return;
    const body = Buffer.from(JSON.stringify(Object.fromEntries(days)));
    const told = await this.run(component, calledRequest(component, tellUsed.path, body));
    if (told.type === "reply" && told.reply.status === 204) this.#lastUsed.told(days);
  }

  async #tickAndLog(component: string, timestamp: number): Promise<void> {
    const error = await this.tick(component, timestamp);
    if (error !== undefined) this.#log({ component, stream: "stderr", text: `tick failed: ${error}\n` });
  }

  /** A request from the network. A store whose file is not what it was answers nothing, and acknowledges nothing. */
  #serve(component: string, request: GuestRequest, client: () => WaitingClient): Soon<JobResult | undefined> {
    if (this.#options.withoutStore?.includes(request.uri)) return this.run(component, request);
    const before = this.#lookOnce();
    if (before !== undefined) return refused("store_replaced", this.#tellReplaced(before));
    const ran = this.#parks.has(component)
      ? this.#parking.run(component, request, client)
      : this.run(component, request);
    const reads = request.method === "GET" || request.method === "HEAD";
    return andThen(ran, (result) => {
      if (reads && !hasFailed(result)) return result;
      const after = this.#lookAfter();
      if (after === undefined) return result;
      return refused(reads ? "store_replaced" : "outcome_unknown", this.#tellReplaced(after));
    });
  }

  /** A request that has waited meets another file than before. */
  #lookAndRun(component: string, request: GuestRequest): Soon<JobResult> {
    const loss = this.#lookOnce();
    if (loss !== undefined) return refused("store_replaced", this.#tellReplaced(loss));
    return this.run(component, request);
  }

  /** What the file is, for all requests that have come in together. */
  #lookOnce(): FileLoss | undefined {
    if (this.#storeFile === undefined) return undefined;
    if (this.#looked === undefined) {
      this.#looked = { loss: this.#storeFile.look() };
      setImmediate(() => {
        this.#looked = undefined;
      });
    }
    return this.#looked.loss;
  }

  /** The same after a commit, for all answers that one message brings: what is committed later comes with another. */
  #lookAfter(): FileLoss | undefined {
    if (this.#storeFile === undefined) return undefined;
    if (this.#lookedAfter === undefined) {
      this.#lookedAfter = { loss: this.#storeFile.look() };
      process.nextTick(() => {
        this.#lookedAfter = undefined;
      });
    }
    return this.#lookedAfter.loss;
  }

  /** For the caller; the log gets the path. */
  #tellReplaced(replaced: FileLoss): string {
    const said = `the store's file ${replaced}`;
    if (said !== this.#lastReplaced)
      this.#log({ component: "host", stream: "stderr", text: `${said}: ${this.#storeFile?.file}\n` });
    this.#lastReplaced = said;
    return `From under this server ${said}. Stop it, put the file back or restore it from the bucket, and start again.`;
  }

  /** A request that is whole, whoever sends it. Never rejects. */
  run(component: string, request: GuestRequest): Soon<JobResult> {
    const short = this.#options.requestTimeoutMs ?? 30_000;
    const limitMs = this.#scheduled.has(component) ? (this.#options.tickTimeoutMs ?? 900_000) : short;
    return andThen(this.#renewed(component), (variables) =>
      this.#engine.run({ type: "http", component, request, variables }, limitMs),
    );
  }

  /** Nothing, where the variables of a component stay as they are. */
  #renewed(component: string): Soon<Readonly<Record<string, string>>> {
    const { renew } = this.#options;
    return renew?.component === component ? renew.variables() : {};
  }

  #listen(): { readonly host: string; readonly port: number } {
    return this.#options.listen ?? { host: "127.0.0.1", port: 0 };
  }
}

function readLimitOf({ readRate = 0 }: HostOptions): ReadLimit | undefined {
  return readRate === 0 ? undefined : new ReadLimit(readRate);
}

/** A read whose store goes away fails in the middle. */
function hasFailed(result: JobResult | undefined): boolean {
  return result?.type === "trap" || (result?.type === "reply" && result.reply.status >= 500);
}

/** Afterwards nobody makes one: a file that is missing later has gone away. */
function makeFile(address: DatabaseAddress): void {
  if (typeof address !== "string" || address === "" || address === ":memory:" || existsSync(address)) return;
  closeSync(openSync(address, "a"));
}

function refused(code: RefusalCode, detail: string): JobResult {
  // A file that went away does not come back by asking again.
  return { type: "reply", reply: refusalReply(refuse(code, detail, { members: { retryable: false } })) };
}
