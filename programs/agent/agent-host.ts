/**
 * The door of an agent: the front of the host, a place to wait for each namespace, and its own routes. Promise: it reads,
 * and refuses everything that writes; a token is judged before its request waits.
 */
import { chmodSync, rmSync } from "node:fs";
import { refuse } from "../../lib/core/refusal.ts";
import { accessorOf, credentialsOf } from "../../lib/http/caller.ts";
import type { Agent } from "../../packages/agent/index.ts";
import type { Lane } from "../../packages/agent/lane.ts";
import type { JobResult } from "../host/engine.ts";
import { Bodies } from "../host/front/bodies.ts";
import { DeniedLog } from "../host/front/denied.ts";
import { type Front, openFront } from "../host/front/front.ts";
import { LastUsed } from "../host/front/last-used.ts";
import { HostMetrics } from "../host/front/metrics.ts";
import { makeRouter } from "../host/front/routes.ts";
import { refusalReply } from "../host/front/sending.ts";
import type { HostOptions } from "../host/options.ts";
import type { Lookout } from "../host/parking/lookout.ts";
import { Parking } from "../host/parking/parking.ts";
import type { WaitingClient } from "../host/parking/waiting-client.ts";
import type { GuestReply, GuestRequest } from "../host/pool/protocol.ts";
import { andThen, type Soon } from "../host/soon.ts";
import { requestOf } from "../native/messages.ts";
import { takeBeacons } from "./beacon-route.ts";
import type { Reporter } from "./beacons.ts";
import { type HealthBook, takeHealth } from "./health.ts";
import { agentAnswers } from "./kept-answers.ts";
import { grantsOf, ownAnswer } from "./own-routes.ts";
import { namespaceOf } from "./places.ts";
import { type LaneReader, laneReader } from "./read-lane.ts";
import type { TokenBook } from "./tokens.ts";

export interface AgentHostOptions {
  readonly agent: Agent;
  readonly tokens: TokenBook;
  readonly health: HealthBook;
  readonly reporter: Reporter;
  readonly edge: string | undefined;
  readonly listen: { readonly host: string; readonly port: number } | { readonly socket: string };
  readonly allowHosts: readonly string[];
  readonly allowOrigins: readonly string[];
  readonly parkedMax: number;
  readonly log: (component: string, text: string) => void;
  readonly onRequest?: HostOptions["onRequest"];
}

export interface AgentHost {
  /** Undefined on a socket. */
  readonly url: string | undefined;
  readonly port: number;
  stop(): Promise<void>;
}

const READS = "read";
const OWN = "own";
const BEACONS = "beacons";
const HEALTH = "health";
const ELSEWHERE = "elsewhere";
const ROUTES = [
  ...["/v1/read/...", "/v1/list/...", "/v1/diff/...", "/v1/changes", "/v1/whoami", "/v1/lineage"].map(
    (route) => ({
      route,
      component: READS,
    }),
  ),
  ...["/healthz", "/readyz", "/metrics", "/v1/agent/..."].map((route) => ({ route, component: OWN })),
  { route: "/v1/fleet/beacons", component: BEACONS },
  { route: "/v1/agent/health", component: HEALTH },
  { route: "/...", component: ELSEWHERE },
];
/** How long it takes at most until a request that waits hears of a move. */
const LOOK_MS = 2;
const GRACE_MS = 5000;
const BODY_BYTES_MAX = 1_048_576;

export async function openAgentHost(options: AgentHostOptions): Promise<AgentHost> {
  const host = new Host(options);
  await host.start();
  return host;
}

interface Place {
  readonly reader: LaneReader;
  readonly parking: Parking;
}

class Host implements AgentHost {
  readonly #options: AgentHostOptions;
  readonly #places: ReadonlyMap<string, Place>;
  readonly #metrics = new HostMetrics({ route: undefined, file: undefined });
  #front: Front | undefined;
  #stopping = false;

  constructor(options: AgentHostOptions) {
    this.#options = options;
    const { agent, tokens, log, parkedMax } = options;
    const reading = {
      documentOf: (accessor: string) => tokens.documentOf(accessor),
      write: (line: string) => log("agent", line),
    };
    this.#places = new Map(
      [...agent.lanes].map(([namespace, lane]) => {
        const reader = laneReader(lane, reading);
        const parking = new Parking({
          parkedMax,
          lookout: lookout(lane),
          ask: (_, request) => reader.read(request),
        });
        return [namespace, { reader, parking }];
      }),
    );
  }

  get port(): number {
    return this.#front?.port ?? 0;
  }

  get url(): string | undefined {
    const { listen } = this.#options;
    if ("socket" in listen) return undefined;
    const name = listen.host === "0.0.0.0" || listen.host === "::" ? "127.0.0.1" : listen.host;
    return `http://${name.includes(":") ? `[${name}]` : name}:${this.port}`;
  }

  async start(): Promise<void> {
    const { listen, log, allowHosts, allowOrigins, onRequest } = this.#options;
    const where = "socket" in listen ? { host: "127.0.0.1", port: 0, socket: listen.socket } : listen;
    if ("socket" in listen) rmSync(listen.socket, { force: true });
    const answers = agentAnswers({ tokens: this.#options.tokens, laneOf: (target) => this.#laneOf(target) });
    const before = process.umask(0o177);
    try {
      this.#front = await openFront({
        ...where,
        applicationName: "ledge-agent",
        router: makeRouter(ROUTES, () => {}),
        bodies: new Bodies({
          bytesMax: BODY_BYTES_MAX,
          togetherBytesMax: 16 * BODY_BYTES_MAX,
          timeoutMs: 30_000,
        }),
        metrics: this.#metrics,
        denied: new DeniedLog((text) => log("agent", text)),
        lastUsed: new LastUsed(),
        readLimit: undefined,
        codes: undefined,
        onRequest,
        allowHosts,
        allowOrigins,
        run: (component, request, client) => this.#run(component, request, client),
        answers: () => (this.#stopping ? undefined : answers),
        stopping: () => this.#stopping,
        onTrap: (component, text) => log(component, `${text}\n`),
      });
    } finally {
      process.umask(before);
    }
    if ("socket" in listen) chmodSync(listen.socket, 0o600);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const closed = this.#front?.close(GRACE_MS);
    await Promise.all([...this.#places.values()].map(({ parking }) => parking.stop(GRACE_MS)));
    await closed;
    this.#metrics.stop();
  }

  #run(component: string, request: GuestRequest, client: () => WaitingClient): Soon<JobResult | undefined> {
    if (component === ELSEWHERE) return elsewhere(request);
    const credentials = credentialsOf(requestOf(request).request);
    const known = credentials.kind === "token" ? this.#options.tokens.admit(credentials.token) : "known";
    return andThen(known, (admitted): Soon<JobResult | undefined> => {
      if (admitted === "nobody_answers") return nobodyAnswers();
      if (admitted === "too_many") return { type: "reply", reply: refusalReply(TOO_MANY) };
      if (component === OWN) return { type: "reply", reply: ownAnswer(this.#options, request) };
      if (component === BEACONS || component === HEALTH)
        return { type: "reply", reply: this.#takeReport(component, request, accessorOf(credentials)) };
      return this.#read(request, client);
    });
  }

  /** What an agent behind this one, or a program beside it, has to say. */
  #takeReport(component: string, request: GuestRequest, accessor: string | null): GuestReply {
    const grants = grantsOf(this.#options, request);
    if ("code" in grants) return refusalReply(grants);
    if (component === BEACONS) return takeBeacons(this.#options, request, grants);
    return takeHealth(this.#options, request, { program: accessor ?? "", grants });
  }

  #read(request: GuestRequest, client: () => WaitingClient): Soon<JobResult | undefined> {
    const followed = [...this.#places.keys()];
    const namespace = namespaceOf(request.uri, followed);
    if (typeof namespace !== "string") return { type: "reply", reply: refusalReply(namespace) };
    // What it does not follow is refused by a lane that knows nothing of it, once the caller was judged.
    const place = this.#places.get(namespace) ?? this.#places.get(followed[0] ?? "");
    if (place === undefined) throw new Error("an agent follows a namespace");
    return place.parking.run(READS, request, client);
  }

  #laneOf(target: string): Lane | undefined {
    const namespace = namespaceOf(target, [...this.#places.keys()]);
    return typeof namespace === "string" ? this.#places.get(namespace)?.reader.lane : undefined;
  }
}

function lookout(lane: Lane): Lookout {
  // The same object for the same head: a look that finds nothing new wakes nobody.
  let reached = { head: -1, exported: null };
  return {
    everyMs: LOOK_MS,
    async look() {
      const head = lane.replica?.place.revision;
      if (head === undefined) return undefined;
      if (head !== reached.head) reached = { head, exported: null };
      return reached;
    },
    changedAfter: () => undefined,
    close: () => {},
  };
}

function elsewhere({ method, uri }: GuestRequest): JobResult {
  const known = uri.startsWith("/v1/");
  const refusal = known
    ? refuse(
        "not_served_here",
        `An agent serves documents, lists and changes. Send ${method} ${uri.split("?", 1)[0]} to the origin.`,
      )
    : refuse(
        "no_route",
        "There is nothing at this path. An agent serves /v1/read, /v1/list, /v1/changes and /readyz.",
      );
  return { type: "reply", reply: refusalReply(refusal) };
}

const TOO_MANY = refuse("overloaded", "Too many tokens that are new here are being judged. Send it again.", {
  headers: [["retry-after", "1"]],
});

function nobodyAnswers(): JobResult {
  return {
    type: "reply",
    reply: refusalReply(
      refuse(
        "not_ready",
        "This token has not been seen here lately, and no source answers that could judge it.",
        {
          headers: [["retry-after", "5"]],
        },
      ),
    ),
  };
}
