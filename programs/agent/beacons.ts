/**
 * Reports of this agent, and of those behind it, up the tree: which revision each serves, how old it may be, and what it
 * refuses. Promise: a report that is lost costs nothing, the next one says it all; they come spread over time.
 */
import { SILENT_MS } from "../../lib/core/rollout/beacon.ts";
import { VERSION } from "../../lib/core/version.ts";
import type { Agent } from "../../packages/agent/index.ts";
import type { Lane } from "../../packages/agent/lane.ts";
import { aboutMs, REPORT_SOON } from "../../packages/agent/timing.ts";
import { LedgeError } from "../../packages/client/errors.ts";
import { later } from "../../packages/client/later.ts";
import { openServer, type ServerOptions } from "../../packages/client/server.ts";
import type { HealthBook } from "./health.ts";

/** As POST /v1/fleet/beacons takes it. */
export interface Report {
  readonly edge: string;
  readonly version: string;
  readonly namespaces: readonly ReportedNamespace[];
  /** The agent that it came through. */
  readonly through?: string | undefined;
  readonly ageSeconds?: number | undefined;
}

/** The origin judges the rest of it. */
export interface ReportedNamespace {
  readonly namespace: string;
  readonly [member: string]: unknown;
}

export interface ReporterOptions {
  readonly agent: Agent;
  readonly health: Pick<HealthBook, "rateOf">;
  /** The name of this edge; undefined where it sends on what others report, and nothing of itself. */
  readonly edge: string | undefined;
  /** In order; the first that takes a report has it. */
  readonly targets: readonly ServerOptions[];
  readonly everyMs: number;
  readonly log: (text: string) => void;
}

const BATCH_MAX = 500;
/** Reports that wait here, at most. */
const WAITING_MAX = 20_000;
/** An edge that was not heard for longer is silent: what it said before says no more. Reports that go in a ring end so, too. */
const WORTH_TELLING_MS = SILENT_MS;

export class Reporter {
  readonly #options: ReporterOptions;
  readonly #others = new Map<string, { readonly beacon: Report; readonly atMs: number }>();
  readonly #ending = new AbortController();
  #wake: () => void = () => {};
  #news = false;
  #troubled = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  start(): void {
    const { agent, targets } = this.#options;
    if (targets.length === 0) return;
    const quiet = agent.onState(() => this.tellSoon());
    this.#running = this.#run().finally(quiet);
  }

  /** Reports of agents behind this one, to be sent on. False: there are too many that wait, and none was taken. */
  add(beacons: readonly Report[]): boolean {
    if (this.#others.size + beacons.length > WAITING_MAX) return false;
    const atMs = performance.now();
    for (const beacon of beacons) this.#others.set(nameOf(beacon), { beacon, atMs });
    this.tellSoon();
    return true;
  }

  /** Whether a report has been here before: agents that follow each other would send it round for ever. */
  isOwn({ edge, through }: Report): boolean {
    const own = this.#options.edge;
    return own !== undefined && (edge === own || through === own);
  }

  async stop(): Promise<void> {
    this.#ending.abort(new Error("the agent ends"));
    this.#wake();
    await this.#running;
  }

  /** There is news. */
  tellSoon(): void {
    this.#news = true;
    this.#wake();
  }

  async #run(): Promise<void> {
    const { everyMs } = this.#options;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await this.#send();
      await this.#pause(aboutMs(everyMs, Math.random));
      // Many agents move with one commit.
      if (this.#news && !signal.aborted)
        await later(Math.random() * everyMs * REPORT_SOON, signal).catch(() => {});
      this.#news = false;
    }
  }

  /** So long, or until there is news. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#wake = end;
      if (this.#news || this.#ending.signal.aborted) end();
    });
  }

  async #send(): Promise<void> {
    const sent = [...this.#others];
    const beacons = this.#beacons();
    for (let at = 0; at < beacons.length; at += BATCH_MAX)
      if (!(await this.#sendTo(beacons.slice(at, at + BATCH_MAX)))) return;
    // What has come meanwhile goes with the next ones.
    for (const [name, one] of sent) if (this.#others.get(name) === one) this.#others.delete(name);
  }

  #beacons(): Report[] {
    const { agent, edge, health } = this.#options;
    const reports = [...agent.lanes.values()].flatMap((lane) => reportOf(lane, health.rateOf(lane)));
    // Before the first state there is nothing to report.
    const own =
      edge === undefined || reports.length === 0 ? [] : [{ edge, version: VERSION, namespaces: reports }];
    const nowMs = performance.now();
    const others = [...this.#others].flatMap(([name, { beacon, atMs }]) => {
      // Rounded up, what was said after a rollout began would seem to be from before it.
      const ageMs = (beacon.ageSeconds ?? 0) * 1000 + nowMs - atMs;
      if (ageMs > WORTH_TELLING_MS) this.#others.delete(name);
      const through = edge === undefined || beacon.through !== undefined ? {} : { through: edge };
      return ageMs > WORTH_TELLING_MS
        ? []
        : [{ ...beacon, ageSeconds: Math.floor(ageMs / 1000), ...through }];
    });
    return [...own, ...others];
  }

  /** Of reports that are refused together those go that are refused alone: one edge too many costs no other its word. */
  async #sendTo(beacons: readonly Report[]): Promise<boolean> {
    const refused = await this.#ask(beacons);
    if (refused === undefined) return true;
    const isRefusal =
      refused instanceof LedgeError && refused.status >= 400 && refused.status < 500 && !refused.retryable;
    if (!isRefusal) return this.#failed(refused);
    if (beacons.length === 1) {
      this.#failed(refused);
      return true;
    }
    const half = Math.ceil(beacons.length / 2);
    return (await this.#sendTo(beacons.slice(0, half))) && (await this.#sendTo(beacons.slice(half)));
  }

  /** To the first that takes them; what the last one said where none does. */
  async #ask(beacons: readonly Report[]): Promise<unknown> {
    let last: unknown;
    for (const target of this.#options.targets) {
      const server = openServer({ ...target, attempts: 1 });
      try {
        await server.ask({
          method: "POST",
          path: "/v1/fleet/beacons",
          json: { beacons },
          signal: this.#ending.signal,
        });
        this.#troubled = false;
        return undefined;
      } catch (error) {
        last = error;
      }
    }
    return last;
  }

  #failed(error: unknown): false {
    if (!this.#troubled && !this.#ending.signal.aborted)
      this.#options.log(`reports are not taken: ${error instanceof Error ? error.message : String(error)}`);
    this.#troubled = true;
    return false;
  }
}

/** Two agents of one edge may follow a namespace each. */
function nameOf({ edge, namespaces }: Report): string {
  return [edge, ...namespaces.map(({ namespace }) => namespace).sort()].join(" ");
}

function reportOf({ namespace, subject, state }: Lane, errorRate: number | undefined): ReportedNamespace[] {
  const { place, source, refusal } = state;
  if (place === undefined) return [];
  const age = state.ageSeconds();
  return [
    {
      namespace,
      lineage: place.lineage,
      revision: place.revision,
      ...(subject.channel === undefined ? {} : { channel: subject.channel, pointer: state.pointer }),
      source: source?.kind ?? "none",
      ...(age === undefined ? {} : { lagSeconds: Math.floor(age) }),
      ...(errorRate === undefined ? {} : { errorRate }),
      ...(refusal === undefined
        ? {}
        : {
            refusal: { code: refusal.code, revision: refusal.revision, detail: refusal.detail.slice(0, 500) },
          }),
    },
  ];
}
