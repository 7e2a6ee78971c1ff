/**
 * What the bindings of both engines look like from TypeScript, for the interfaces in wit/ that we import.
 * QuickJS hands 64-bit integers over as numbers, StarlingMonkey as BigInt; hence `number | bigint`.
 */
declare module "spin:sqlite/sqlite@3.0.0" {
  export type Value =
    | { tag: "integer"; val: number | bigint }
    | { tag: "real"; val: number }
    | { tag: "text"; val: string }
    | { tag: "blob"; val: Uint8Array }
    | { tag: "null" };
  export interface QueryResult {
    columns: string[];
    rows: { values: Value[] }[];
  }
  export class Connection {
    static open(database: string): Connection;
    execute(statement: string, parameters: Value[]): QueryResult;
    lastInsertRowid(): number | bigint;
    changes(): number | bigint;
  }
}
declare module "fermyon:spin/variables@2.0.0" {
  export function get(name: string): string;
}
declare module "fermyon:spin/http" {
  export interface SpinRequest {
    method: "get" | "post" | "put" | "delete" | "patch" | "head" | "options";
    uri: string;
    headers: [string, string][];
    params: [string, string][];
    body: Uint8Array | undefined;
  }
  export interface SpinResponse {
    status: number;
    headers: [string, string][] | undefined;
    body: Uint8Array | undefined;
  }
  export function sendRequest(request: SpinRequest): SpinResponse;
}
declare module "wasi:random/random@0.2.3" {
  export function getRandomBytes(length: number | bigint): Uint8Array;
}
declare module "wasi:clocks/monotonic-clock@0.2.3" {
  export function subscribeDuration(nanoseconds: number | bigint): { block(): void };
}
declare module "wasi:cli/stderr@0.2.3" {
  export function getStderr(): { blockingWriteAndFlush(bytes: Uint8Array): void };
}
