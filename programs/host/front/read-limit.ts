/**
 * How many reads a token, or an address without one, may make a second. Promise: what is refused costs no more than this
 * look; nobody uses up what belongs to a token without its secret; what is remembered is bounded. A token counts by itself
 * once it was answered, since till then anybody may have made it up: before, what it gets wrong counts with its address.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { countsAsRead } from "../../../lib/api/counted-reads.ts";
import { BoundedMap } from "../../../lib/core/bounded-map.ts";
import { type Rate, rateHeaders, takeOne } from "../../../lib/core/rate.ts";
import { type Refusal, refuse } from "../../../lib/core/refusal.ts";
import { carriedToken } from "./carried-token.ts";
import { requestTarget } from "./guest-request.ts";

export class ReadLimit {
  readonly #perSecond: number;
  readonly #nowMs: () => number;
  /** When each bucket is full again: of tokens that were answered, and of addresses. */
  readonly #tokens = new BoundedMap<number>();
  readonly #addresses = new BoundedMap<number>();

  constructor(perSecond: number, nowMs: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#nowMs = nowMs;
  }

  /** Before anything of a request is looked up. Refuses `rate_limited`; else the response has the headers of the limit. */
  judge(incoming: IncomingMessage, response: ServerResponse): Refusal<"rate_limited"> | undefined {
    if (!isCounted(incoming)) return undefined;
    const token = carriedToken(incoming);
    const known = token === undefined ? undefined : this.#tokens.get(token);
    const [buckets, name] =
      known === undefined
        ? ([this.#addresses, networkOf(incoming)] as const)
        : ([this.#tokens, token ?? ""] as const);
    const taken = takeOne(known ?? buckets.get(name) ?? 0, this.#nowMs(), this.#perSecond);
    if (!taken.ok) return limited(taken.rate);
    // What an unknown token asks counts when it turns out to be wrong: many that are good may share an address.
    if (token !== undefined && known === undefined) return undefined;
    buckets.set(name, taken.fullMs, ENTRY_BYTES);
    for (const [header, value] of rateHeaders("reads", taken.rate)) response.setHeader(header, value);
    return undefined;
  }

  /** After it was answered; with the token that it carried. */
  answered(incoming: IncomingMessage, status: number, token = carriedToken(incoming)): void {
    if (token === undefined || !isCounted(incoming)) return;
    const known = this.#tokens.get(token) !== undefined;
    if (status === 200 || status === 304) {
      if (!known) this.#take(this.#tokens, token);
    } else if (status < 500 && (!known || status === 401)) {
      this.#tokens.delete(token);
      this.#take(this.#addresses, networkOf(incoming));
    }
  }

  #take(buckets: BoundedMap<number>, name: string): void {
    const taken = takeOne(buckets.get(name) ?? 0, this.#nowMs(), this.#perSecond);
    if (taken.ok) buckets.set(name, taken.fullMs, ENTRY_BYTES);
  }
}

/** Of an entry in the map, roughly. */
const ENTRY_BYTES = 100;

function isCounted({ method = "", url = "/" }: IncomingMessage): boolean {
  return countsAsRead(method, requestTarget(url).split("?", 1)[0] ?? "/");
}

function limited(rate: Rate): Refusal<"rate_limited"> {
  return refuse(
    "rate_limited",
    `A token, and an address without one, may read ${rate.perSecond} times a second here.`,
    {
      headers: rateHeaders("reads", rate),
    },
  );
}

/** An address; of IPv6 the network of it, since who has one address has 2^64. */
function networkOf({ socket: { remoteAddress = "" } }: IncomingMessage): string {
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/, "");
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head.split(":");
  const behind = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - groups.length - behind.length;
  return [...groups, ...Array<string>(Math.max(0, zeros)).fill("0"), ...behind].slice(0, 4).join(":");
}
