/**
 * HTTP without awaiting: a post is handed to a helper thread, and this one sleeps until it is answered.
 * Promise: it returns within the deadlines of the post and a moment more, also when the helper has died.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { Post, Posted } from "./post.ts";

/** So much longer than its deadlines a post may take before its helper counts as dead. */
const GRACE_MS = 2000;

export class SyncPoster {
  readonly #threadFile: string | URL;
  #helper: { readonly port: MessagePort; readonly worker: Worker; readonly cell: Int32Array } | undefined;

  /** `threadFile` is programs/libsql/worker.ts as JavaScript. The thread starts with the first post. */
  constructor(threadFile: string | URL) {
    this.#threadFile = threadFile;
  }

  post(post: Omit<Post, "unheard">): Posted {
    const { port, cell } = this.#started();
    const until = performance.now() + post.connectMs + post.answerMs + GRACE_MS;
    let seen = Atomics.load(cell, 0);
    port.postMessage({ ...post, unheard: false });
    for (;;) {
      const got = receiveMessageOnPort(port);
      if (got !== undefined) return got.message;
      const leftMs = until - performance.now();
      if (leftMs <= 0) break;
      Atomics.wait(cell, 0, seen, leftMs);
      seen = Atomics.load(cell, 0);
    }
    this.#helper?.worker.terminate();
    this.close();
    return { ok: false, sent: true, text: "no answer from the thread that speaks to the server" };
  }

  /** Hands it over and does not wait. */
  postUnheard(post: Omit<Post, "unheard">): void {
    this.#started().port.postMessage({ ...post, unheard: true });
  }

  /** The helper sends what it has been given, and ends. */
  close(): void {
    this.#helper?.port.close();
    this.#helper = undefined;
  }

  #started() {
    this.#helper ??= this.#start();
    return this.#helper;
  }

  #start() {
    const { port1, port2 } = new MessageChannel();
    const arrivals = new SharedArrayBuffer(4);
    const worker = new Worker(this.#threadFile, {
      workerData: { port: port2, arrivals },
      transferList: [port2],
    });
    // It must not keep a program alive that has forgotten to close its database.
    worker.unref();
    port1.unref();
    return { port: port1, worker, cell: new Int32Array(arrivals) };
  }
}
