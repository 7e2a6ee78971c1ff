/**
 * The worker's side of calls out: the main thread makes them, and a guest that waits for one sleeps on the
 * shared cell. Promise: no arrival is missed between a look and a sleep.
 */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { CallResult, PendingCall } from "../spin/imports.ts";
import type { Waiter } from "../wasi/wasi.ts";
import type { WorkerCell } from "./cell.ts";
import type { FromWorker, GuestRequest, OutboundRequest, OutboundResult } from "./protocol.ts";

export class OutboundCalls implements Waiter {
  readonly #port: MessagePort;
  readonly #arrivals: MessagePort;
  readonly #cell: WorkerCell;
  readonly #results = new Map<number, CallResult>();
  #seen = 0;
  #underWay = 0;
  #lastId = 0;

  constructor(port: MessagePort, arrivals: MessagePort, cell: WorkerCell) {
    this.#port = port;
    this.#arrivals = arrivals;
    this.#cell = cell;
  }

  send(request: OutboundRequest): PendingCall {
    return this.#begin((id) => ({ type: "outbound", id, request }));
  }

  /** To a component that runs on a worker of another kind. */
  chain(component: string, request: GuestRequest): PendingCall {
    return this.#begin((id) => ({ type: "chain", id, component, request }));
  }

  #begin(messageOf: (id: number) => FromWorker): PendingCall {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#underWay += 1;
    this.#port.postMessage(messageOf(id));
    return {
      result: () => {
        this.#drain();
        return this.#results.get(id);
      },
      wait: () => {
        for (;;) {
          this.#drain();
          const result = this.#results.get(id);
          if (result !== undefined) return result;
          this.wait(undefined);
        }
      },
    };
  }

  asked(): void {
    this.#cell.beforeAct();
  }

  expects(): boolean {
    return this.#underWay > 0;
  }

  wait(timeoutMs: number | undefined): void {
    this.#cell.waitForArrival(this.#seen, timeoutMs);
    this.#drain();
  }

  /** Reads the count first: what arrives after that raises it again, so no wait misses it. */
  #drain(): void {
    this.#seen = this.#cell.arrivals();
    for (
      let got = receiveMessageOnPort(this.#arrivals);
      got !== undefined;
      got = receiveMessageOnPort(this.#arrivals)
    ) {
      const result: OutboundResult = got.message;
      this.#underWay -= 1;
      this.#results.set(result.id, result);
    }
  }
}
