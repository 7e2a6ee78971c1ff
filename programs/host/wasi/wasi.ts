/**
 * The small interfaces of WASI 0.2 that guests import: clocks, randomness, the standard streams, and an empty
 * file system and environment. Promise: a guest sees nothing of this machine but time and chance, and one
 * that waits for nothing is told so instead of waiting for ever.
 */
import { randomBytes } from "node:crypto";

/** How a guest waits. `arrived` says whether something new may be there; false when only time can pass. */
export interface Waiter {
  /** Waits for an arrival, or until the time is over. Undefined time means until an arrival. */
  wait(timeoutMs: number | undefined): void;
  /** Called when a guest asks what is ready, even if something is. */
  asked(): void;
  /** Whether anything is under way that could still arrive. */
  expects(): boolean;
}

export class Pollable {
  readonly isReady: () => boolean;
  /** When it becomes ready by itself, in nanoseconds of the monotonic clock. */
  readonly dueNs: bigint | undefined;
  readonly #waiter: Waiter;
  constructor(waiter: Waiter, isReady: () => boolean, dueNs?: bigint) {
    this.#waiter = waiter;
    this.isReady = isReady;
    this.dueNs = dueNs;
  }
  ready(): boolean {
    return this.isReady();
  }
  block(): void {
    waitForSome([this], this.#waiter);
  }
}

/** Waits until one is ready. Throws, which traps the guest, when none of them ever can be. */
function waitForSome(pollables: readonly Pollable[], waiter: Waiter): number[] {
  waiter.asked();
  for (;;) {
    const ready = pollables.flatMap((pollable, at) => (pollable.isReady() ? [at] : []));
    if (ready.length > 0) return ready;
    const due = pollables.flatMap(({ dueNs }) => (dueNs === undefined ? [] : [dueNs]));
    if (due.length === 0 && !waiter.expects()) throw new Error("the guest waits for nothing");
    const soonest = due.reduce<bigint | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined);
    waiter.wait(soonest === undefined ? undefined : Number(soonest - process.hrtime.bigint()) / 1e6);
  }
}

export class IoError {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toDebugString(): string {
    return this.#text;
  }
}

/** Bytes that are all there already; at their end the stream is closed. */
export class InputStream {
  #bytes: Uint8Array;
  readonly #waiter: Waiter;
  constructor(bytes: Uint8Array, waiter: Waiter) {
    this.#bytes = bytes;
    this.#waiter = waiter;
  }
  read(length: bigint): Uint8Array {
    if (this.#bytes.length === 0) throw { tag: "closed" };
    const part = this.#bytes.slice(0, Number(length));
    this.#bytes = this.#bytes.subarray(part.length);
    return part;
  }
  blockingRead(length: bigint): Uint8Array {
    return this.read(length);
  }
  skip(length: bigint): bigint {
    return BigInt(this.read(length).length);
  }
  blockingSkip(length: bigint): bigint {
    return this.skip(length);
  }
  subscribe(): Pollable {
    return new Pollable(this.#waiter, () => true);
  }
}

/** A stream into a sink that always takes. */
export class OutputStream {
  readonly #sink: (bytes: Uint8Array) => void;
  readonly #waiter: Waiter;
  constructor(sink: (bytes: Uint8Array) => void, waiter: Waiter) {
    this.#sink = sink;
    this.#waiter = waiter;
  }
  checkWrite(): bigint {
    return 1_048_576n;
  }
  write(bytes: Uint8Array): void {
    // A copy: the array may be a view into memory that the guest goes on using.
    this.#sink(bytes.slice());
  }
  blockingWriteAndFlush(bytes: Uint8Array): void {
    this.write(bytes);
  }
  flush(): void {}
  blockingFlush(): void {}
  writeZeroes(length: bigint): void {
    this.#sink(new Uint8Array(Number(length)));
  }
  blockingWriteZeroesAndFlush(length: bigint): void {
    this.writeZeroes(length);
  }
  splice(source: InputStream, length: bigint): bigint {
    const bytes = source.read(length);
    this.#sink(bytes);
    return BigInt(bytes.length);
  }
  blockingSplice(source: InputStream, length: bigint): bigint {
    return this.splice(source, length);
  }
  subscribe(): Pollable {
    return new Pollable(this.#waiter, () => true);
  }
}

/** What WASI calls the terminals and the file system; nobody has one. */
class Nothing {}

export interface GuestOutput {
  write(stream: "stdout" | "stderr", bytes: Uint8Array): void;
}

/** The import object of these interfaces, without versions, as jco's output asks for it. */
export function wasiImports(waiter: Waiter, output: GuestOutput): Record<string, Record<string, unknown>> {
  const stream = (name: "stdout" | "stderr") =>
    new OutputStream((bytes) => output.write(name, bytes), waiter);
  const at = (dueNs: bigint) => new Pollable(waiter, () => process.hrtime.bigint() >= dueNs, dueNs);
  return {
    "wasi:cli/environment": { getEnvironment: () => [], getArguments: () => [], initialCwd: () => undefined },
    "wasi:cli/exit": {
      exit: () => {
        throw new Error("the guest called exit");
      },
    },
    "wasi:cli/stdin": { getStdin: () => new InputStream(new Uint8Array(0), waiter) },
    "wasi:cli/stdout": { getStdout: () => stream("stdout") },
    "wasi:cli/stderr": { getStderr: () => stream("stderr") },
    "wasi:cli/terminal-input": { TerminalInput: Nothing },
    "wasi:cli/terminal-output": { TerminalOutput: Nothing },
    "wasi:cli/terminal-stdin": { getTerminalStdin: () => undefined },
    "wasi:cli/terminal-stdout": { getTerminalStdout: () => undefined },
    "wasi:cli/terminal-stderr": { getTerminalStderr: () => undefined },
    "wasi:clocks/monotonic-clock": {
      now: () => process.hrtime.bigint(),
      resolution: () => 1n,
      subscribeDuration: (ns: bigint) => at(process.hrtime.bigint() + ns),
      subscribeInstant: at,
    },
    "wasi:clocks/wall-clock": { now: wallClock, resolution: () => ({ seconds: 0n, nanoseconds: 1_000_000 }) },
    "wasi:filesystem/preopens": { getDirectories: () => [] },
    "wasi:filesystem/types": {
      Descriptor: Nothing,
      DirectoryEntryStream: Nothing,
      filesystemErrorCode: () => undefined,
    },
    "wasi:io/error": { Error: IoError },
    "wasi:io/poll": {
      Pollable,
      poll: (pollables: Pollable[]) => Uint32Array.from(waitForSome(pollables, waiter)),
    },
    "wasi:io/streams": { InputStream, OutputStream },
    "wasi:random/random": { getRandomBytes: chance, getRandomU64: chanceNumber },
    "wasi:random/insecure": { getInsecureRandomBytes: chance, getInsecureRandomU64: chanceNumber },
    "wasi:random/insecure-seed": { insecureSeed: () => [chanceNumber(), chanceNumber()] },
  };
}

function wallClock(): { seconds: bigint; nanoseconds: number } {
  const now = Date.now();
  return { seconds: BigInt(Math.floor(now / 1000)), nanoseconds: (now % 1000) * 1_000_000 };
}

function chance(length: bigint | number): Uint8Array {
  return new Uint8Array(randomBytes(Number(length)));
}

function chanceNumber(): bigint {
  return randomBytes(8).readBigUInt64LE();
}
