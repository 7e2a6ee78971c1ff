/**
 * Requests that wait for a revision, by the protocol of lib/core/waiting.ts. Promise: a parked request holds no worker
 * and no thread; it is asked again when its revision is there, when its time is over, or when the host stops; one whose
 * client has gone is forgotten. Knows nothing of what it waits for.
 */
import { AUTH } from "../../../lib/core/namespace.ts";
import { type Park, WAIT_SECONDS_MAX, type Waited } from "../../../lib/core/waiting.ts";
import type { Reached } from "../../../lib/store/catalogue/exported.ts";
import type { JobResult } from "../engine.ts";
import { DOOM_POLL_MS, pause } from "../pool/member.ts";
import type { GuestRequest } from "../pool/protocol.ts";
import { andThen, type Soon } from "../soon.ts";
import { askedAgain, parkOf } from "./headers.ts";
import type { Lookout } from "./lookout.ts";
import { type Parked, Places } from "./places.ts";
import type { WaitingClient } from "./waiting-client.ts";

export interface ParkingOptions {
  /** Beyond it a request is told at once that its time is over. */
  readonly parkedMax: number;
  readonly lookout: Lookout;
  /** One request to one component. Never rejects. */
  ask(component: string, request: GuestRequest): Soon<JobResult>;
}

/** A commit wakes all who wait for it; more than this at once would stand before everybody else in the queue. */
const ASKED_AT_ONCE = 16;

/** Edges report all the time: who waits for them is asked again so often, and no more. */
const FLEET_MS = 500;

export class Parking {
  readonly #options: ParkingOptions;
  readonly #parked = new Places();
  /** Parked since the last look: what they wait for may be there already. */
  #fresh: Parked[] = [];
  /** Requests that were parked and are not answered yet. */
  #unanswered = 0;
  #asked = 0;
  readonly #turns: (() => void)[] = [];
  #watching = false;
  #stopping = false;

  constructor(options: ParkingOptions) {
    this.#options = options;
  }

  /** Asks a component until it answers. Undefined when the client has gone meanwhile. Never rejects. */
  run(component: string, request: GuestRequest, client: () => WaitingClient): Soon<JobResult | undefined> {
    const ran = andThen<JobResult, JobResult | undefined>(this.#options.ask(component, request), (first) => {
      const park = parkOf(first);
      return park === undefined
        ? first
        : this.#askUntilAnswered(component, request, { park, client: client() });
    });
    return ran instanceof Promise ? this.#counted(ran) : ran;
  }

  /** Tells all who wait that their time is over, and gives them as long to be answered. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    for (const parked of this.#parked.concernedBy(undefined)) parked.wake(true);
    const end = Date.now() + graceMs;
    while ((this.#unanswered > 0 || this.#watching) && Date.now() < end) await pause(DOOM_POLL_MS);
  }

  /** One that is at its component when the host stops may come back only to wait, and is asked once more. */
  async #counted(work: Promise<JobResult | undefined>): Promise<JobResult | undefined> {
    this.#unanswered += 1;
    try {
      return await work;
    } finally {
      this.#unanswered -= 1;
    }
  }

  async #askUntilAnswered(
    component: string,
    request: GuestRequest,
    first: { readonly park: Park | "malformed"; readonly client: WaitingClient },
  ): Promise<JobResult | undefined> {
    const { client } = first;
    const startedMs = performance.now();
    for (let park = first.park, ended = false; ; ) {
      if (park === "malformed" || ended) return { type: "trap", text: `${component} asked to wait, wrongly` };
      const endMs = startedMs + Math.min(park.seconds, WAIT_SECONDS_MAX) * 1000;
      ended = await this.#wait(park, endMs - performance.now(), client);
      if (client.gone) return undefined;
      const result = await this.#askAgain(component, request, { ms: performance.now() - startedMs, ended });
      const next = parkOf(result);
      if (next === undefined) return result;
      park = next;
    }
  }

  /** Resolves to whether the time is over. */
  #wait(park: Park, leftMs: number, client: WaitingClient): Promise<boolean> {
    return new Promise((resolve) => {
      const full = this.#parked.size >= this.#options.parkedMax;
      if (this.#stopping || full || leftMs <= 0 || client.gone) {
        resolve(true);
        return;
      }
      const wake = (ended: boolean) => {
        clearTimeout(timer);
        client.onGone = () => {};
        this.#parked.remove(parked);
        resolve(ended);
      };
      const timer = setTimeout(() => wake(true), leftMs);
      client.onGone = () => wake(true);
      const parked: Parked = { park, wake };
      this.#parked.add(parked);
      this.#fresh.push(parked);
      this.#watch();
    });
  }

  /** A few at a time. A request that was begun before is not one of which nothing was begun. */
  async #askAgain(component: string, request: GuestRequest, waited: Waited): Promise<JobResult> {
    if (this.#asked < ASKED_AT_ONCE) this.#asked += 1;
    else await new Promise<void>((resolve) => this.#turns.push(resolve));
    const result = await this.#options.ask(component, askedAgain(request, waited));
    const next = this.#turns.shift();
    if (next === undefined) this.#asked -= 1;
    else next();
    return result.type === "refused" ? { type: "timeout" } : result;
  }

  /** Looks at the store while somebody waits, and only then. */
  async #watch(): Promise<void> {
    if (this.#watching) return;
    this.#watching = true;
    const { lookout } = this.#options;
    const changes = new Changes(lookout);
    let fleetMs = 0;
    for (let last: Reached | undefined; this.#parked.size > 0; ) {
      const reached = await lookout.look();
      const fleet = performance.now() - fleetMs >= FLEET_MS;
      if (fleet) fleetMs = performance.now();
      if (reached !== undefined && (fleet || reached !== last || this.#fresh.length > 0))
        this.#wakeAll(reached, { changes, fleet });
      last = reached ?? last;
      await pause(lookout.everyMs);
    }
    lookout.close();
    this.#fresh = [];
    this.#watching = false;
  }

  #wakeAll(
    reached: Reached,
    { changes, fleet }: { readonly changes: Changes; readonly fleet: boolean },
  ): void {
    const changed = changes.goTo(reached);
    const woken = new Set([...this.#fresh, ...this.#parked.concernedBy(changed)]);
    this.#fresh = [];
    for (const parked of woken) {
      const { until, revision, namespaces } = parked.park;
      if (until === "fleet" && !fleet) continue;
      const now = reached[until] ?? -1;
      const concerned = namespaces?.some((one) => changes.mayConcern(one, revision)) ?? true;
      if (now >= revision && concerned) parked.wake(false);
    }
  }
}

const NOTHING: readonly string[] = [];

/** Which namespaces were changed since somebody began to watch: a commit elsewhere asks nobody again in vain. */
class Changes {
  readonly #lookout: Lookout;
  /** By namespace: a head that the store had after its last change. */
  readonly #last = new Map<string, number>();
  /** What was changed up to here is not known. */
  #unknownUpTo = -1;
  #reached: Reached | undefined;

  constructor(lookout: Lookout) {
    this.#lookout = lookout;
  }

  /** Gives the namespaces that were changed since the last time; undefined when all may have been. */
  goTo(reached: Reached): readonly string[] | undefined {
    const before = this.#reached;
    this.#reached = reached;
    const { head } = reached;
    if (head === before?.head) return NOTHING;
    const told = before === undefined ? undefined : this.#lookout.changedAfter(before.head);
    // A token that was revoked ends the wait of who holds it: everybody is judged anew.
    const changed = told?.includes(AUTH) === true ? undefined : told;
    if (changed === undefined) this.#unknownUpTo = head;
    else for (const namespace of changed) this.#last.set(namespace, head);
    return changed;
  }

  /** Whether a namespace may have been changed at this revision or after it. */
  mayConcern(namespace: string, revision: number): boolean {
    return revision <= this.#unknownUpTo || (this.#last.get(namespace) ?? -1) >= revision;
  }
}
