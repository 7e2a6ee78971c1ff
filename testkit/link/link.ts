/**
 * A link that fails as a test tells it: a TCP proxy on loopback, between any two of ours (a server, a follower, a bucket).
 * Promise: what it does by chance follows from its seed; whatever it held back goes on, in order, once it may; counts are of
 * what happened, so that a test waits for them and not for a time.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { carry } from "./stretch.ts";
import { CurrentWays, OPEN } from "./ways.ts";

export interface LinkCounts {
  /** Connections that were accepted, in all and now. */
  readonly connections: number;
  readonly open: number;
  /** Bytes that went over, to the target and back. */
  readonly bytesThere: number;
  readonly bytesBack: number;
  /** Bytes that have come and not gone over, both ways, of connections that are over too. */
  readonly bytesWaiting: number;
}

export interface Link {
  readonly port: number;
  counts(): LinkCounts;
  /** Ends all connections, with a reset. New ones are accepted. */
  cut(): void;
  /** Nobody is let in from now on; what is open stays. */
  refuse(): void;
  /** Connections are accepted, and nothing goes over any of them. */
  hold(): void;
  /** Each piece takes so long to come over. */
  delay(ms: number): void;
  /** At most so many bytes a second, each way of a connection. */
  limit(bytesPerSecond: number): void;
  /** This share of bytes comes over as others. */
  garble(share: number): void;
  /** As it was at first. What was held goes on. */
  heal(): Promise<void>;
  close(): void;
}

export interface LinkOptions {
  /** Of the target. */
  readonly port: number;
  /** Default: loopback. */
  readonly host?: string;
  /** Of what is garbled. */
  readonly seed?: number;
}

/** A link to a target, on a port of its own. */
export async function openLink(target: LinkOptions): Promise<Link> {
  const link = new OpenLink(target);
  await link.listen();
  return link;
}

class OpenLink implements Link {
  readonly #target: LinkOptions;
  readonly #ways = new CurrentWays();
  readonly #open = new Set<AbortController>();
  readonly #counts = { connections: 0, bytesCame: 0, bytesThere: 0, bytesBack: 0 };
  #server: Server | undefined;
  port = 0;

  constructor(target: LinkOptions) {
    this.#target = target;
  }

  counts(): LinkCounts {
    const { connections, bytesCame, bytesThere, bytesBack } = this.#counts;
    const bytesWaiting = bytesCame - bytesThere - bytesBack;
    return { connections, open: this.#open.size, bytesThere, bytesBack, bytesWaiting };
  }

  /** On the port that it had, if it had one. */
  async listen(): Promise<void> {
    if (this.#server !== undefined) return;
    // Who has said all may still listen, as over any TCP.
    const server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    await new Promise<void>((done, failed) => {
      server.once("error", failed);
      server.listen(this.port, "127.0.0.1", done);
    });
    const address = server.address();
    if (typeof address === "object" && address !== null) this.port = address.port;
    this.#server = server;
  }

  cut(): void {
    for (const one of this.#open) one.abort();
  }

  refuse(): void {
    // Its connections may go on; nobody is let in from the call on.
    this.#server?.close();
    this.#server = undefined;
  }

  hold(): void {
    this.#ways.change({ held: true });
  }

  delay(ms: number): void {
    this.#ways.change({ delayMs: ms });
  }

  limit(bytesPerSecond: number): void {
    this.#ways.change({ bytesPerSecond });
  }

  garble(share: number): void {
    this.#ways.change({ garbled: share });
  }

  async heal(): Promise<void> {
    this.#ways.change(OPEN);
    await this.listen();
  }

  close(): void {
    this.refuse();
    this.cut();
  }

  #accept(client: Socket): void {
    this.#counts.connections += 1;
    const over = new AbortController();
    this.#open.add(over);
    this.#serve(client, this.#counts.connections, over)
      // Whatever ended it, a cut or a side that broke off: both sides learn of it, and the test looks at them.
      .catch(() => {})
      .finally(() => this.#open.delete(over));
  }

  /** Until both sides have said all, or either is gone. */
  async #serve(client: Socket, nth: number, over: AbortController): Promise<void> {
    const { host = "127.0.0.1", port, seed = 1 } = this.#target;
    const sockets = [client];
    const reset = () => {
      for (const socket of sockets) socket.resetAndDestroy();
    };
    over.signal.addEventListener("abort", reset, { once: true });
    client.on("error", () => over.abort());
    // While it is held nobody is asked: the target may be away.
    await this.#ways.until(() => 0, over.signal);
    const target = connect({ host, port, allowHalfOpen: true });
    sockets.push(target);
    target.on("error", () => over.abort());
    const own = { ways: this.#ways, signal: over.signal, came: this.#count("bytesCame") };
    const there = carry({
      ...own,
      from: client,
      to: target,
      seed: seed + 2 * nth,
      passed: this.#count("bytesThere"),
    });
    const back = carry({
      ...own,
      from: target,
      to: client,
      seed: seed + 2 * nth + 1,
      passed: this.#count("bytesBack"),
    });
    try {
      await Promise.all([there, back]);
    } catch (error) {
      // One direction alone is over only where its bytes cannot go on: then both are.
      over.abort();
      throw error;
    }
  }

  #count(which: "bytesCame" | "bytesThere" | "bytesBack"): (bytes: number) => void {
    return (bytes) => {
      this.#counts[which] += bytes;
    };
  }
}
