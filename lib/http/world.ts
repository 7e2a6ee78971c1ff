/**
 * The outside world as an argument. Only entry files build one; handlers, the store and the tests take it.
 */
import type { Db } from "../store/sqlite/driver.ts";

export type LogFields = Record<string, string | number | boolean | null>;

export interface CalledReply {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

/** A POST to another component of this application. Undefined when nobody answered. Never throws. */
export type CallComponent = (component: string, path: string, body?: Uint8Array) => CalledReply | undefined;

export interface World {
  /** The store's database. Opened lazily, once a request. */
  readonly db: Db;
  /** Milliseconds since 1970, from the host's clock. */
  nowMs(): number;
  /** Fresh random bytes from the host; never `Math.random`, which is frozen into the component. */
  randomBytes(length: number): Uint8Array;
  /** Sleeps without holding anyone else. */
  sleepMs(ms: number): void;
  /** One event: a past-tense name and fields. Never a value of a document, never a secret. */
  log(event: string, fields: LogFields): void;
  /** A Spin variable of this component; undefined when it is not mapped or not set. */
  variable(name: string): string | undefined;
  /** Calls another component; undefined where a component has no business to. */
  readonly chain?: CallComponent;
  /** Lower-case hex; undefined where only an interpreter could do it. */
  readonly sha256?: (bytes: Uint8Array) => string;
}
