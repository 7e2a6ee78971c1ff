/**
 * A QuickJS probe: each path does one thing that a guest can do, or must not be able to do to others.
 */
import { sendRequest } from "fermyon:spin/http";
import * as variables from "fermyon:spin/variables@2.0.0";
import { Connection, type Value } from "spin:sqlite/sqlite@3.0.0";
import { subscribeDuration } from "wasi:clocks/monotonic-clock@0.2.3";
import { getRandomBytes } from "wasi:random/random@0.2.3";
import type { HttpReply, HttpRequest } from "../../lib/core/http.ts";
import { serve, spinWorld } from "../../lib/engines/quickjs/serve.ts";

let counter = 0;
const kept: unknown[] = [];
const kinds: Record<string, (request: HttpRequest) => unknown> = {
  /** Must be 1 in every request. */
  "/quick/count": () => {
    counter += 1;
    kept.push(new Array(100).fill(counter));
    return { counter, kept: kept.length };
  },
  "/quick/echo": (request) => ({
    method: request.method,
    uri: request.uri,
    headers: request.headers,
    body: String.fromCharCode(...request.body.subarray(0, 1000)),
    sizeBytes: request.body.length,
  }),
  "/quick/exact": () => "exact",
  "/quick/random": () => ({ host: [...getRandomBytes(8)], frozen: Math.random() }),
  "/quick/clock": () => Date.now(),
  "/quick/sleep": (request) => {
    const started = Date.now();
    subscribeDuration(Number(query(request)) * 1e6).block();
    return Date.now() - started;
  },
  "/quick/log": () => {
    spinWorld().log("probe.logged", { number: 1, text: "é" });
    return "logged";
  },
  "/quick/variable": (request) => attempt(() => variables.get(query(request))),
  /** Body: a JSON array of steps, each `[sql, values]`, `"changes"`, `"rowid"` or `"open"`. */
  "/quick/sql": (request) => runSteps(JSON.parse(text(request))),
  "/quick/open": (request) =>
    attempt(() => {
      const label = query(request);
      const many = label === "many";
      for (let left = many ? 257 : 1; left > 0; left -= 1)
        kept.push(Connection.open(many ? "default" : label));
      return "opened";
    }),
  "/quick/fetch": (request) =>
    attempt(() => {
      const reply = sendRequest({
        method: "get",
        uri: query(request),
        headers: [],
        params: [],
        body: undefined,
      });
      return { status: reply.status, body: String.fromCharCode(...(reply.body ?? [])) };
    }),
  "/quick/throw": () => {
    throw new Error("thrown by the probe");
  },
  "/quick/loop": () => {
    for (;;) counter += 1;
  },
  "/quick/overflow": () => {
    counter += 1;
    const deeper = (depth: number): number => 1 + deeper(depth + 1);
    return deeper(0);
  },
  "/quick/hog": () => {
    counter += 1;
    const blocks: Uint8Array[] = [];
    for (;;) blocks.push(new Uint8Array(1 << 20).fill(7));
  },
  "/quick/grow": (request) => {
    kept.push(new Uint8Array(Number(query(request))).fill(1));
    return "grown";
  },
  "/quick/large": (request) => "x".repeat(Number(query(request))),
};

/** `raw` lets what is thrown out of the component; Spin answers that with 500. */
const { handleRequest } = serve(probe, (error) => reply({ failed: String(error) }));
export const inboundHttp = {
  handleRequest(request: Parameters<typeof handleRequest>[0]) {
    if (request.uri.startsWith("/quick/raw")) throw new Error("out of the component");
    if (request.uri === "/quick/bad-header")
      return { status: 200, headers: [["a b", "c\n"]], body: undefined };
    return handleRequest(request);
  },
};

function probe(request: HttpRequest): HttpReply {
  const path = request.uri.split("?", 1)[0] ?? "";
  if (path.startsWith("/quick/park")) return park(path, request);
  const kind = kinds[path];
  return reply(kind === undefined ? { path, headers: request.headers } : kind(request));
}

/**
 * Asks to wait for what the query says, and tells what it was asked again with. `always`: asks again and again; `shown`:
 * sends both headers in an answer of its own.
 */
function park(path: string, request: HttpRequest): HttpReply {
  const parked = request.headers.find(([name]) => name === "ledge-parked")?.[1];
  spinWorld().log("probe.asked", { for: query(request), parked: parked ?? null });
  const parks: [string, string] = ["Ledge-Park", query(request)];
  if (path === "/quick/park/shown")
    return { status: 200, headers: [parks, ["Ledge-Parked", "end"]], body: '"shown"' };
  if (parked === undefined || path === "/quick/park/always")
    return { status: 202, headers: [parks], body: "" };
  return reply({ parked, method: request.method, sizeBytes: request.body.length });
}

function reply(value: unknown): HttpReply {
  return { status: 200, headers: [["Content-Type", "application/json"]], body: JSON.stringify(value) };
}

function query(request: HttpRequest): string {
  const at = request.uri.indexOf("?");
  return at < 0 ? "" : decodeURIComponent(request.uri.slice(at + 1));
}

function text(request: HttpRequest): string {
  let out = "";
  for (const byte of request.body) out += String.fromCharCode(byte);
  return decodeURIComponent(escape(out));
}

type Step = [string, unknown[]?] | "changes" | "rowid" | "open";

function runSteps(steps: Step[]): unknown[] {
  let connection = Connection.open("default");
  return steps.map((step) => {
    if (step === "changes") return Number(connection.changes());
    if (step === "rowid") return Number(connection.lastInsertRowid());
    if (step === "open") {
      connection = Connection.open("default");
      return "opened";
    }
    return attempt(() => {
      const { columns, rows } = connection.execute(step[0], (step[1] ?? []).map(tagged));
      return { columns, rows: rows.map((row) => row.values.map(plain)) };
    });
  });
}

function tagged(value: unknown): Value {
  if (value === null) return { tag: "null" };
  if (typeof value === "string") return { tag: "text", val: value };
  if (Array.isArray(value)) return { tag: "blob", val: new Uint8Array(value) };
  const number = Number(value);
  return Number.isInteger(number) ? { tag: "integer", val: number } : { tag: "real", val: number };
}

function plain(value: Value): unknown {
  if (value.tag === "null") return null;
  return value.tag === "blob" ? { blob: [...value.val] } : value.val;
}

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    const payload = error instanceof Object && "payload" in error ? error.payload : String(error);
    return { error: payload };
  }
}
