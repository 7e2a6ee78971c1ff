/**
 * What a disk may hold after a power cut, by the system calls of a process that strace wrote down. Promise: what was
 * synced is there; of what was written since, each sector of 512 bytes is there or not, and so is each name that was
 * made or removed since its folder was synced.
 */
import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";

const SECTOR_BYTES = 512;
const CHANGES = ["pwrite64", "ftruncate", "fsync", "fdatasync", "unlink"];

/** What runs a process so that `readDiskCalls` can read its log: changes of files, and what it says to sockets. */
export function writingDown(logFile: string): string[] {
  const calls = [...CHANGES, "write", "writev"].map((call) => `?${call}`).join(",");
  const whole = ["-y", "-xx", "-s", "100000000"];
  return ["strace", "-f", "-qq", "--seccomp-bpf", ...whole, "-o", logFile, "-e", `trace=${calls}`];
}

export type DiskCall =
  | {
      readonly type: "write";
      readonly thread: string;
      readonly file: string;
      readonly at: number;
      readonly bytes: Buffer;
    }
  | { readonly type: "truncate"; readonly file: string; readonly size: number }
  | { readonly type: "unlink"; readonly file: string }
  /** Of a file or a folder, and done: what was written before it began is safe. */
  | { readonly type: "sync"; readonly thread: string; readonly file: string; readonly begun: number }
  /** To a socket, and begun: somebody may have read it. */
  | { readonly type: "said"; readonly text: string };

/** In the order of the log: a change when it begins, a sync when it ends well. */
export function readDiskCalls(logFile: string): DiskCall[] {
  const calls: DiskCall[] = [];
  /** A thread's sync that has not ended: its file, and how much had been done when it began. */
  const syncing = new Map<string, { thread: string; file: string; begun: number }>();
  for (const line of readFileSync(logFile, "latin1").split("\n")) {
    const [, thread = "", resumed, call = ""] = /^(\d+) +(<\.\.\. )?([a-z0-9]+)/.exec(line) ?? [];
    const ended = line.endsWith(" = 0");
    if (resumed !== undefined) {
      const sync = syncing.get(thread);
      if (sync !== undefined && ended) calls.push({ type: "sync", ...sync });
      syncing.delete(thread);
      continue;
    }
    if (call === "fsync" || call === "fdatasync") {
      const sync = { thread, file: fileOf(line), begun: calls.length };
      if (line.includes("<unfinished")) syncing.set(thread, sync);
      else if (ended) calls.push({ type: "sync", ...sync });
    } else {
      const one = changeOf(thread, call, line);
      if (one !== undefined) calls.push(one);
    }
  }
  return calls;
}

function changeOf(thread: string, call: string, line: string): DiskCall | undefined {
  if (call === "pwrite64") {
    const [, at = ""] = /", \d+, (\d+)/.exec(line) ?? [];
    return { type: "write", thread, file: fileOf(line), at: Number(at), bytes: textsOf(line) };
  }
  if (call === "ftruncate") {
    const [, size = ""] = />, (\d+)/.exec(line) ?? [];
    return { type: "truncate", file: fileOf(line), size: Number(size) };
  }
  if (call === "unlink") return { type: "unlink", file: textsOf(line).toString() };
  const socket = /^(socket|TCP)/.test(fileOf(line));
  return socket ? { type: "said", text: textsOf(line).toString() } : undefined;
}

/** The name behind the first descriptor of a call. */
function fileOf(line: string): string {
  const [, name = ""] = /\(\d+<((?:\\x[0-9a-f]{2})*)>/.exec(line) ?? [];
  return bytesOf(name).toString();
}

/** All that stands between quotation marks. */
function textsOf(line: string): Buffer {
  return Buffer.concat([...line.matchAll(/"([^"]*)"/g)].map(([, text = ""]) => bytesOf(text)));
}

function bytesOf(escaped: string): Buffer {
  return Buffer.from(escaped.replaceAll("\\x", ""), "hex");
}

type Change = Extract<DiskCall, { type: "write" | "truncate" }>;

/** A file's bytes, with room behind them. */
interface Image {
  bytes: Buffer;
  size: number;
}

/** What a file's name leads to: unlinked and made again, another one. */
interface Content {
  readonly safe: Image;
  pending: { readonly change: Change; readonly nth: number }[];
}

/** Whether something that was not synced got to the disk. */
export type Luck = () => boolean;

/** One folder of a disk, as the calls so far left it. */
export class CutDisk {
  readonly #folder: string;
  #safeNames: Map<string, Content>;
  readonly #names: Map<string, Content>;
  #done = 0;

  constructor(folder: string, files: Readonly<Record<string, Buffer>>) {
    this.#folder = folder;
    this.#names = new Map(
      Object.entries(files).map(([name, bytes]) => [
        name,
        { safe: copyOf({ bytes, size: bytes.length }), pending: [] },
      ]),
    );
    this.#safeNames = new Map(this.#names);
  }

  /** The next call of the log. */
  take(call: DiskCall): void {
    const nth = this.#done;
    this.#done += 1;
    if (call.type === "said") return;
    if (call.type === "sync" && call.file === this.#folder) this.#safeNames = new Map(this.#names);
    if (dirname(call.file) !== this.#folder) return;
    const name = basename(call.file);
    if (call.type === "unlink") this.#names.delete(name);
    else if (call.type === "sync") settle(this.#names.get(name), call.begun);
    else this.#content(name).pending.push({ change: call, nth });
  }

  #content(name: string): Content {
    const known = this.#names.get(name) ?? { safe: { bytes: Buffer.alloc(0), size: 0 }, pending: [] };
    this.#names.set(name, known);
    return known;
  }

  /** The folder's files after a power cut now. */
  after(luck: Luck): Record<string, Buffer> {
    const files: Record<string, Buffer> = {};
    for (const name of new Set([...this.#safeNames.keys(), ...this.#names.keys()])) {
      const [safe, now] = [this.#safeNames.get(name), this.#names.get(name)];
      const content = safe === now || luck() ? now : safe;
      if (content === undefined) continue;
      const image = copyOf(content.safe);
      for (const { change } of content.pending) apply(image, change, luck);
      files[name] = image.bytes.subarray(0, image.size);
    }
    return files;
  }
}

function settle(content: Content | undefined, begun: number): void {
  if (content === undefined) return;
  for (const { change, nth } of content.pending) if (nth < begun) apply(content.safe, change, () => true);
  content.pending = content.pending.filter(({ nth }) => nth >= begun);
}

function apply(image: Image, change: Change, luck: Luck): void {
  if (change.type === "truncate") {
    if (luck()) resize(image, change.size);
    return;
  }
  const end = change.at + change.bytes.length;
  for (let from = change.at; from < end; ) {
    const to = Math.min(end, from - (from % SECTOR_BYTES) + SECTOR_BYTES);
    if (luck()) {
      if (image.size < to) resize(image, to);
      change.bytes.copy(image.bytes, from, from - change.at, to - change.at);
    }
    from = to;
  }
}

/** Cut, or with zeros behind. */
function resize(image: Image, size: number): void {
  if (size > image.bytes.length)
    image.bytes = copyOf({ bytes: image.bytes, size: image.size }, 2 * size).bytes;
  else image.bytes.fill(0, size, Math.max(size, image.size));
  image.size = size;
}

function copyOf({ bytes, size }: Image, room = size): Image {
  const copy = Buffer.alloc(room);
  bytes.copy(copy, 0, 0, size);
  return { bytes: copy, size };
}
