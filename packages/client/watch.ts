/**
 * Changes as they come. Promise: what is told of is told whole, in order, once the caller has taken what came before; after
 * any loss it goes on where it was, or tells the whole state anew where the server no longer knows that place. It hears by
 * server-sent events, else by requests that wait, else by asking now and then: by what the server offers.
 */
import type { FeedPage } from "../../lib/api/document-answers.ts";
import { LedgeError } from "./errors.ts";
import { eventsOf } from "./events.ts";
import { later } from "./later.ts";
import { type ReadWorld, readAll } from "./reads.ts";
import { jittered } from "./server.ts";
import { changeOf, type OnChange, type WatchEvent, type Watching, type WatchSettings } from "./watched.ts";

const POLL_MS = 5000;
const WAIT_SECONDS = 50;
/** The server says something at least each 15 seconds. */
const SILENCE_MS = 45_000;
const RECONNECT_MS_MAX = 30_000;
/** A place that the server does not know, or no longer. */
const LOST_PLACES = ["compacted", "lineage", "revision_lost", "revision_unknown", "bad_cursor"];

export function watchChanges(
  world: ReadWorld,
  prefix: string,
  { onChange, ...options }: WatchSettings & { readonly onChange: OnChange },
): Watching {
  const closing = new AbortController();
  const close = () => closing.abort(CLOSED);
  options.signal?.addEventListener("abort", close, { once: true });
  if (options.signal?.aborted) close();
  const watch = new Watch(world, {
    prefix,
    onChange,
    signal: closing.signal,
    pollMs: options.pollMs ?? POLL_MS,
  });
  const done = watch
    .run(options)
    .catch((error: unknown) => {
      if (error !== CLOSED) throw error;
    })
    .finally(() => options.signal?.removeEventListener("abort", close));
  // Whoever does not look at `done` is told by onTrouble alone.
  done.catch((error: unknown) => world.onTrouble(error));
  return { close, done };
}

const CLOSED = Symbol("closed");

interface Watched {
  readonly prefix: string;
  readonly onChange: OnChange;
  readonly signal: AbortSignal;
  readonly pollMs: number;
}

/** What `onChange` threw: no trouble of the network. */
class OfCaller {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}

class Watch {
  readonly #world: ReadWorld;
  readonly #watched: Watched;
  #place: { readonly cursor: string } | { readonly since: number } | undefined;
  #offersEvents = true;
  #failures = 0;

  constructor(world: ReadWorld, watched: Watched) {
    this.#world = world;
    this.#watched = watched;
  }

  async run({ initial = false, since }: WatchSettings): Promise<void> {
    if (since !== undefined) this.#place = { since };
    for (let tellsState = initial; ; ) {
      try {
        if (this.#place === undefined) await this.#begin(tellsState);
        await this.#follow();
      } catch (error) {
        if (error instanceof OfCaller) throw error.error;
        this.#watched.signal.throwIfAborted();
        if (!(error instanceof LedgeError)) throw error;
        if (LOST_PLACES.includes(error.code) && this.#place !== undefined) {
          this.#place = undefined;
          tellsState = true;
        } else if (!error.retryable && error.status < 500) throw error;
        else await this.#recover(error);
      }
    }
  }

  async #recover(error: LedgeError): Promise<void> {
    this.#world.onTrouble(error);
    this.#failures += 1;
    await later((error.retryAfterMs ?? 0) + jittered(this.#failures, RECONNECT_MS_MAX), this.#watched.signal);
  }

  async #begin(tellsState: boolean): Promise<void> {
    const { prefix, signal } = this.#watched;
    const { revision, documents } = await readAll(this.#world, prefix, signal);
    if (tellsState) await this.#tell({ type: "state", revision, documents });
    this.#place = { since: revision };
  }

  /** Returns where what it listened to has ended. */
  async #follow(): Promise<void> {
    if (this.#offersEvents) await this.#listen();
    else await this.#wait();
  }

  async #listen(): Promise<void> {
    const { signal } = this.#watched;
    const quiet = new AbortController();
    const leave = () => quiet.abort(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    let timer = setTimeout(leave, SILENCE_MS);
    try {
      const response = await this.#world.server.open({
        ...this.#asked(),
        headers: { accept: "text/event-stream" },
        signal: quiet.signal,
      });
      if (response.headers.get("content-type")?.startsWith("text/event-stream") !== true) {
        this.#offersEvents = false;
        await response.body?.cancel();
        return;
      }
      // What came between the last look and the beginning of the stream.
      await this.#catchUp();
      for await (const { data } of eventsOf(response)) {
        clearTimeout(timer);
        timer = setTimeout(leave, SILENCE_MS);
        this.#failures = 0;
        if (data !== undefined) await this.#catchUp();
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof LedgeError || error instanceof OfCaller) throw error;
      throw new LedgeError("unreachable", "The stream of events broke.", { retryable: true, cause: error });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", leave);
      quiet.abort(CLOSED);
    }
    // Ended without a fault: the server stops, or wants the caller to be judged anew.
    await later(jittered(1), signal);
  }

  async #wait(): Promise<void> {
    const { signal, pollMs } = this.#watched;
    const startedMs = Date.now();
    const { commits } = await this.#look(WAIT_SECONDS);
    this.#failures = 0;
    // A server that answers at once with nothing lets nobody wait.
    if (commits === 0 && Date.now() - startedMs < pollMs) await later(pollMs * (0.5 + Math.random()), signal);
  }

  async #catchUp(): Promise<void> {
    while ((await this.#look(0)).more);
  }

  /** One page: how many commits it had, and whether there may be more behind it. */
  async #look(waitSeconds: number): Promise<{ readonly commits: number; readonly more: boolean }> {
    const asked = this.#asked();
    const page = await this.#world.server.json<FeedPage>({
      ...asked,
      query: { ...asked.query, values: "bytes" },
      waitSeconds,
      signal: this.#watched.signal,
    });
    for (const commit of page.commits) {
      const changes = commit.changes.flatMap(changeOf);
      const { revision, time, message } = commit;
      this.#world.known.doubt(this.#world.namespace, this.#watched.prefix);
      if (changes.length > 0)
        await this.#tell({
          type: "commit",
          revision,
          time,
          ...(message === undefined ? {} : { message }),
          changes,
        });
      this.#place = { since: revision };
    }
    this.#place = { cursor: page.cursor };
    return { commits: page.commits.length, more: page.revision < page.head };
  }

  #asked() {
    const { namespace } = this.#world;
    const { prefix } = this.#watched;
    return {
      method: "GET",
      path: "/v1/changes",
      query: { ns: namespace, prefix: prefix || undefined, ...this.#place },
    } as const;
  }

  async #tell(event: WatchEvent): Promise<void> {
    this.#watched.signal.throwIfAborted();
    try {
      await this.#watched.onChange(event);
    } catch (error) {
      throw new OfCaller(error);
    }
  }
}
