/**
 * What the host itself measures, for Prometheus: requests, refusals, sizes, the disk, the event loop. It stands behind what
 * the component on the path of the metrics says, which judges who asks. Promise: every label is of a closed set (routes
 * of the manifest, statuses, codes of the interface), so that no client can make series.
 */
import { statSync } from "node:fs";
import { statfs } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { dirname } from "node:path";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { Problem } from "../../../lib/api/admin-answers.ts";
import type { RefusalCode } from "../../../lib/core/refusal.ts";
import { REFUSALS } from "../../../lib/core/refusal-table.ts";
import type { JobResult } from "../engine.ts";
import type { WaitingClient } from "../parking/waiting-client.ts";
import type { GuestReply } from "../pool/protocol.ts";
import type { Soon } from "../soon.ts";
import { sentReply } from "./sending.ts";

export interface MetricsOptions {
  /** The manifest's route whose answers get the host's text; undefined where nobody scrapes. */
  readonly route: string | undefined;
  /** The store's file; undefined where it is on a server or in memory. */
  readonly file: string | undefined;
}

/** A request on its way, as far as it is known yet. */
export interface Watched {
  /** As it stands in the manifest, never the path. */
  route: string;
  bodyBytes: number;
  /** Who waits for a revision: how long that takes says nothing about this server. */
  client: WaitingClient | undefined;
}

/** For requests that no route of the manifest takes. */
export const NO_ROUTE = "none";

interface Series {
  readonly requests: Counter.Internal;
  readonly durations: Histogram.Internal<"route">;
}

const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const SIZES = [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];
const DELAYS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const DELAY_LOOK_MS = 100;

export class HostMetrics {
  readonly #route: string | undefined;
  readonly #registry = new Registry();
  readonly #registers = [this.#registry];
  readonly #requests = new Counter({
    name: "ledge_http_requests_total",
    help: "Requests that ended, by route and status.",
    labelNames: ["route", "status"],
    registers: this.#registers,
  });
  readonly #durations = new Histogram({
    name: "ledge_http_request_duration_seconds",
    help: "From the head of a request to the end of its answer, without requests that waited for a revision.",
    labelNames: ["route"],
    buckets: DURATIONS,
    registers: this.#registers,
  });
  readonly #refusals = new Counter({
    name: "ledge_http_refusals_total",
    help: "Answers that were a problem document, by its code.",
    labelNames: ["code"],
    registers: this.#registers,
  });
  readonly #requestBytes = new Histogram({
    name: "ledge_http_request_body_bytes",
    help: "Bodies of requests that had one.",
    buckets: SIZES,
    registers: this.#registers,
  });
  readonly #responseBytes = new Histogram({
    name: "ledge_http_response_body_bytes",
    help: "Bodies of answers that had one.",
    buckets: SIZES,
    registers: this.#registers,
  });
  readonly #delays = new Histogram({
    name: "ledge_event_loop_delay_seconds",
    help: "How late the main thread was, looked at ten times a second.",
    buckets: DELAYS,
    registers: this.#registers,
  });
  readonly #series = new Map<string, Series>();
  readonly #timer: NodeJS.Timeout;

  constructor({ route, file }: MetricsOptions) {
    this.#route = route;
    if (file !== undefined) addDisk(file, this.#registers);
    this.#timer = this.#watchLoop();
  }

  /** Counts a request whose answer is out, or whose client has gone, and says what it was refused for. */
  count(
    { route, bodyBytes, client }: Watched,
    response: ServerResponse,
    ms: number,
  ): RefusalCode | "other" | undefined {
    const reply = sentReply(response);
    const series = this.#seriesOf(route, reply === undefined ? "gone" : String(response.statusCode));
    series.requests.inc();
    if (bodyBytes > 0) this.#requestBytes.observe(bodyBytes);
    if (reply === undefined) return undefined;
    if (client === undefined) series.durations.observe(ms / 1000);
    if (reply.body !== undefined && reply.body.length > 0) this.#responseBytes.observe(reply.body.length);
    const code = problemCode(reply);
    if (code !== undefined) this.#refusals.inc({ code });
    return code;
  }

  /** Counts what is no HTTP request, or is not here in time, by what it was told. */
  countUnreadable(code: RefusalCode): void {
    this.#requests.inc({ route: NO_ROUTE, status: String(REFUSALS[code].status) });
    this.#refusals.inc({ code });
  }

  /** The answer to a scrape with the host's text behind it, and for HEAD its length; any other as it is. */
  extend(result: JobResult, { route, method }: { route: string; method: string }): Soon<JobResult> {
    const scrapes = route === this.#route && (method === "GET" || method === "HEAD");
    if (!scrapes || result.type !== "reply" || result.reply.status !== 200) return result;
    return this.#extended(result.reply, method);
  }

  async #extended({ headers, body }: GuestReply, method: string): Promise<JobResult> {
    const own = Buffer.from(await this.#registry.metrics());
    const reply = {
      status: 200,
      headers: headers.map((part, at) =>
        at % 2 === 1 && headers[at - 1] === "content-length" ? String(Number(part) + own.length) : part,
      ),
      body: method === "GET" ? Buffer.concat([body ?? Buffer.alloc(0), own]) : body,
    };
    return { type: "reply", reply };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Kept, since finding them by their labels costs more than counting. */
  #seriesOf(route: string, status: string): Series {
    const name = `${status} ${route}`;
    const known = this.#series.get(name);
    if (known !== undefined) return known;
    const series = {
      requests: this.#requests.labels({ route, status }),
      durations: this.#durations.labels({ route }),
    };
    this.#series.set(name, series);
    return series;
  }

  #watchLoop(): NodeJS.Timeout {
    let expectedMs = performance.now() + DELAY_LOOK_MS;
    const look = () => {
      const nowMs = performance.now();
      this.#delays.observe(Math.max(0, nowMs - expectedMs) / 1000);
      expectedMs = nowMs + DELAY_LOOK_MS;
    };
    return setInterval(look, DELAY_LOOK_MS).unref();
  }
}

/** Looked at by `stat` with each scrape. */
function addDisk(file: string, registers: Registry[]): void {
  new Gauge({
    name: "ledge_disk_free_bytes",
    help: "Bytes that the file system of the store's file has left for us.",
    registers,
    async collect() {
      const { bavail, bsize } = await statfs(dirname(file));
      this.set(bavail * bsize);
    },
  });
  new Gauge({
    name: "ledge_disk_size_bytes",
    help: "Bytes that this file system has in all.",
    registers,
    async collect() {
      const { blocks, bsize } = await statfs(dirname(file));
      this.set(blocks * bsize);
    },
  });
  new Gauge({
    name: "ledge_store_file_bytes",
    help: "Bytes of the store's file.",
    registers,
    collect() {
      this.set(sizeOf(file));
    },
  });
  new Gauge({
    name: "ledge_store_log_bytes",
    help: "Bytes of the log beside the store's file (-wal); 0 where it has none.",
    registers,
    collect() {
      this.set(sizeOf(`${file}-wal`));
    },
  });
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** The code of a problem document; `other` for one that the interface does not have. */
function problemCode({ status, headers, body }: GuestReply): RefusalCode | "other" | undefined {
  const isProblem = headers.includes("application/problem+json");
  if (status < 400 || !isProblem || body === undefined || body.length === 0) return undefined;
  try {
    return Problem.safeParse(JSON.parse(Buffer.from(body).toString())).data?.code ?? "other";
  } catch {
    // Not JSON, whatever its type says: the guest's mistake, and no reason to fail.
    return "other";
  }
}
