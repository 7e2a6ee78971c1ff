/** What a host is started with, and what its starter holds of it afterwards. */

import type { Engine, JobResult } from "./engine.ts";
import type { SignInCodes } from "./front/sign-in-codes.ts";
import type { GuestRequest } from "./pool/protocol.ts";
import type { DatabaseAddress } from "./spin/databases.ts";
import type { SpinManifest } from "./spin/manifest.ts";
import type { ComponentReach } from "./spin/reach.ts";

export interface HostLine {
  readonly component: string;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/** What may be written down of a request: nothing of its query, headers or bodies. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** 0 when the client went away before its answer. */
  readonly status: number;
  readonly ms: number;
}

/** What an engine is opened with: everything is settled, and nothing listens yet. */
export interface EngineParts {
  readonly options: HostOptions;
  readonly manifest: SpinManifest;
  readonly components: readonly ComponentReach[];
  /** What is behind the label `default`. */
  readonly database: DatabaseAddress;
  log(line: HostLine): void;
  /** Runs one component's call to another as a request of its own. Never rejects. */
  chain(component: string, request: GuestRequest): Promise<JobResult>;
}

export interface HostOptions {
  /** What runs the components. Default: the Wasm engine. */
  readonly engine?: (parts: EngineParts) => Promise<Engine>;
  /** The manifest's path. */
  readonly manifest: string;
  /** Where the database and the cache lie; made when it is missing. */
  readonly stateDir: string;
  /** Default 127.0.0.1 and a free port. */
  readonly listen?: { readonly host: string; readonly port: number };
  readonly variables?: Readonly<Record<string, string>>;
  /** Values that a component's variables have from now on, asked for before each request and tick of it. */
  readonly renew?: {
    readonly component: string;
    variables(): Promise<Readonly<Record<string, string>>>;
  };
  /** A new instance for each request also where a reset would do. */
  readonly freshInstances?: boolean;
  /** Threads for the small components. Default: the cores less one, at least one. */
  readonly workers?: number;
  /** Default 30 seconds; components with a cron trigger get `tickTimeoutMs` for requests too. */
  readonly requestTimeoutMs?: number;
  /** Default 15 minutes. */
  readonly tickTimeoutMs?: number;
  /** Of one request. Default 16 MiB. */
  readonly maxBodyBytes?: number;
  /** Of all requests that are read or run at one time. Default 64 MiB. */
  readonly maxBodiesBytes?: number;
  /** How long one body may take to come. Default 30 seconds. */
  readonly bodyTimeoutMs?: number;
  /** Requests that wait for a revision at one time; further ones are answered at once. Default 1,000. */
  readonly maxParked?: number;
  /** Requests that wait for a thread at one time; further ones are refused. Default 1,024. */
  readonly maxQueued?: number;
  /** How often a token, or an address without one, may read a second; 0, the default, for any number. */
  readonly readRate?: number;
  /** Who is told with each tick, before it, on which day which tokens were last used. Default: nobody. */
  readonly tellUsed?: { readonly component: string; readonly path: string };
  /** Whether the cron trigger runs. Default true. */
  readonly cron?: boolean;
  readonly allowHosts?: readonly string[];
  /** Origins whose pages may read (front/cross-origin.ts). */
  readonly allowOrigins?: readonly string[];
  /** Files of databases or libSQL servers; `default` too, and `:memory:` as Spin's empty state folder. */
  readonly databases?: Readonly<Record<string, DatabaseAddress>>;
  /** Spin's runtime configuration, whose databases come before `databases`. */
  readonly runtimeConfigFile?: string;
  /** SQL run before anything else, as `spin up --sqlite`: `@FILE` whole, other text its first statement. */
  readonly sqlite?: readonly string[];
  /** Paths that are answered without the store: also when its file is gone. */
  readonly withoutStore?: readonly string[];
  /** Codes that sign people in to the console; default: no link does. */
  readonly codes?: SignInCodes;
  /** A route of the manifest whose answer to a scrape gets the host's own metrics behind it. */
  readonly metricsRoute?: string;
  /** Where jco's output is kept. Default `<stateDir>/cache`. */
  readonly cacheDir?: string;
  /** The worker's JavaScript, when it is not beside this file. */
  readonly workerFile?: string;
  /** That of the thread which speaks to a libSQL server, likewise. */
  readonly libsqlWorkerFile?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Told of each request when its answer is out. */
  readonly onRequest?: (request: SeenRequest) => void;
  /** What guests write and how they fail. Default: standard error. */
  readonly log?: (line: HostLine) => void;
}

export interface RunningHost {
  readonly url: string;
  readonly port: number;
  /** What is behind the label `default`. */
  readonly database: DatabaseAddress;
  /** The file behind the label `default`; empty when that is a server's. */
  readonly databaseFile: string;
  /** Runs a component's tick now, as the cron trigger would. Resolves to its error, if it had one. */
  tick(component: string): Promise<string | undefined>;
  stop(): Promise<void>;
}
