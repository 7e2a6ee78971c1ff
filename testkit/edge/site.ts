/** An agent at a site, which is killed, started again and looked at: its folder and its port stay. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openProcessClock, type ProcessClock } from "./clocks.ts";
import type { ProbedEdge } from "./probe.ts";
import { beginAgentProcess, type StartedAgent } from "./processes.ts";

export interface SiteOptions {
  readonly name: string;
  /** Of all that the site has. */
  readonly folder: string;
  /** Of the replica; default: a folder in `folder`. */
  readonly data?: string;
  /** In the order in which they are asked. */
  readonly from: readonly string[];
  readonly token: string;
  /** Default: the newest state of `shop`. */
  readonly follows?: string;
  readonly speed: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** As `GET /v1/agent` says it of the one namespace. */
export interface SiteStatus {
  readonly revision?: number;
  readonly lineage?: string;
  readonly source: string;
  /** The source's address. */
  readonly from?: string;
  readonly ageSeconds?: number;
  readonly copy?: boolean;
  readonly trouble?: { readonly code: string };
  readonly refusal?: { readonly code: string; readonly revision: number };
  readonly lost?: readonly { readonly lineage: string; readonly revision: number }[];
}

const LOOK_MS = 30;

export class Site implements ProbedEdge {
  readonly name: string;
  readonly token: string;
  readonly clock: ProcessClock;
  readonly data: string;
  readonly #options: SiteOptions;
  #running: StartedAgent | undefined;
  #port = 0;
  #said = "";

  constructor(options: SiteOptions) {
    this.#options = options;
    this.name = options.name;
    this.token = options.token;
    this.data = options.data ?? join(options.folder, options.name);
    this.clock = openProcessClock(join(options.folder, `${options.name}.clock`), options.speed);
  }

  get port(): number {
    return this.#port;
  }

  /** All that its processes wrote. */
  get said(): string {
    return this.#said + (this.#running?.said() ?? "");
  }

  url(): string | undefined {
    return this.#running?.url;
  }

  async start(): Promise<void> {
    const { from, token, name, follows = "shop", env = {}, args = [] } = this.#options;
    const sources = from.flatMap((one) => ["--from", one]);
    const listen = ["--port", String(this.#port)];
    const { agent, ready } = beginAgentProcess(
      this.data,
      [follows, ...sources, "--edge", name, "--keep-tokens", "30d", ...listen, ...args],
      { ...this.clock.env, LEDGE_TOKEN: token, ...env },
    );
    this.#running = { ...agent, url: await ready };
    this.#port = Number(new URL(this.#running.url).port);
  }

  async kill(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined) return;
    await running.stop("SIGKILL");
    this.#said += running.said();
  }

  async status(): Promise<SiteStatus> {
    const answer = await fetch(`${this.url()}/v1/agent`, {
      headers: { authorization: `Bearer ${this.token}`, connection: "close" },
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    const { namespaces }: { namespaces: readonly SiteStatus[] } = JSON.parse(text);
    const [only] = namespaces;
    if (only === undefined) throw new Error("an agent says something of its namespace");
    return only;
  }

  /** Waits until it serves this revision, or a later one. */
  async arrived(revision: number): Promise<void> {
    while (((await this.status()).revision ?? 0) < revision) await pause(LOOK_MS);
  }
}
