/**
 * Waiting: how long a request may ask to wait, and the two headers by which a component hands a wait to its host. The
 * host never shows them to a client and never takes them from one.
 */

/** What a request may ask for, in seconds. A server that allows less answers after what it allows. */
export const WAIT_SECONDS_MAX = 55;
/** What a component waits for by itself: an instance that sleeps is held. */
export const SLEEP_SECONDS_MAX = 1;

/** Of the manifest: "true" when the host takes waits over. */
export const HOST_PARKS_VARIABLE = "host_parks";
/** On an answer with status 202: what to wait for. */
export const PARK_HEADER = "ledge-park";
/** On the request when it is asked again: how long it has waited, or that its time is over. */
export const PARKED_HEADER = "ledge-parked";

/**
 * On an answer with status 200: it goes on. The host sends it, leaves it open, and asks the component for this path and
 * query next; what that says is sent behind it, until it is no such answer.
 */
export const STREAM_HEADER = "ledge-stream";

/** What a request waits for: a revision of the store, one in the bucket, or the next time that edges report. */
export interface Park {
  readonly until: "head" | "exported" | "fleet";
  /** Of `fleet` how often edges have reported then. */
  readonly revision: number;
  readonly seconds: number;
  /** Only a change in one of them ends the wait for a head. */
  readonly namespaces?: readonly string[];
}

/** How long a request has waited so far, and whether it has to be answered now. */
export interface Waited {
  readonly ms: number;
  readonly ended: boolean;
}

export const NOT_WAITED: Waited = { ms: 0, ended: false };

/** A longer wait than there is becomes that. */
export function formatPark({ until, revision, seconds, namespaces }: Park): string {
  const about = namespaces === undefined ? "" : `; namespace=${namespaces.join()}`;
  return `${until}=${revision}; seconds=${Math.min(seconds, WAIT_SECONDS_MAX)}${about}`;
}

/** Undefined for anything that formatPark does not write. */
export function parsePark(text: string): Park | undefined {
  const match =
    /^(head|exported|fleet)=(0|[1-9]\d{0,15}); seconds=(\d{1,3})(?:; namespace=([a-z0-9_-]{1,64}(?:,[a-z0-9_-]{1,64})*))?$/.exec(
      text,
    );
  if (match === null) return undefined;
  const [, until, revision, seconds, names] = match;
  const about = names === undefined ? {} : { namespaces: names.split(",") };
  const park = { revision: Number(revision), seconds: Number(seconds), ...about };
  return { until: until === "head" || until === "fleet" ? until : "exported", ...park };
}

export function formatParked({ ms, ended }: Waited): string {
  return ended ? "end" : String(Math.floor(ms));
}

/** Undefined for anything that formatParked does not write. */
export function parseParked(text: string): Waited | undefined {
  if (text === "end") return { ms: WAIT_SECONDS_MAX * 1000, ended: true };
  return /^\d{1,9}$/.test(text) ? { ms: Number(text), ended: false } : undefined;
}
