/**
 * Load over HTTP on loopback, bounded in time. The generator shares the two cores with what it loads, for every server
 * alike: only ratios mean something. `wrk` (Debian's) where it is installed, since it costs a tenth of autocannon.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import autocannon from "autocannon";

export interface Load {
  readonly url: string;
  readonly clients: number;
  readonly method?: "GET" | "PUT" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  /** Called for each request's body, so that writes differ. */
  readonly body?: ((nth: number) => string) | undefined;
  /** Called for each request's path and query, in place of the url's; for wrk alone. */
  readonly path?: ((nth: number) => string) | undefined;
  /** Each request has an If-None-Match of its own that fits nothing, so that no memory of answers helps; for wrk alone. */
  readonly differ?: boolean | undefined;
  /** Whole ones: wrk knows no others. */
  readonly seconds?: number;
}

export interface Measured {
  /** Requests a second that ended with 2xx. */
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** Throws when any answer was not 2xx, or when nothing was measured. */
export async function measureLoad(load: Load): Promise<Measured> {
  const measured = await (hasWrk() ? byWrk(load) : byAutocannon(load));
  if (!Number.isFinite(measured.perSecond)) throw new Error(`${load.url}: nothing was measured`);
  return measured;
}

/** The rate alone. */
export async function requestsPerSecond(load: Load): Promise<number> {
  return (await measureLoad(load)).perSecond;
}

let wrk: boolean | undefined;

function hasWrk(): boolean {
  wrk ??= spawnSync("wrk", ["--version"]).error === undefined;
  return wrk;
}

/** What wrk sends again and again, in turn. */
const REQUESTS = 2000;

async function byWrk({
  url,
  clients,
  method = "GET",
  headers = {},
  body,
  path,
  differ,
  seconds = 4,
}: Load): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "ledge-load-"));
  try {
    const script = join(folder, "load.lua");
    writeFileSync(script, luaOf({ method, headers, body, path, differ }));
    const args = ["-t1", `-c${clients}`, `-d${seconds}s`, "--latency", "-s", script, url];
    const said = await outputOf("wrk", args);
    const failed = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(said)?.[0];
    if (failed !== undefined) throw new Error(`${url}: ${failed}`);
    return {
      perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(said)?.[1]),
      p50: millisecondsOf(/^\s+50%\s+(\S+)/m.exec(said)?.[1]),
      p99: millisecondsOf(/^\s+99%\s+(\S+)/m.exec(said)?.[1]),
      p999: millisecondsOf(/^99\.9%\s+(\S+)/m.exec(said)?.[1]),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function luaOf({
  method,
  headers,
  body,
  path,
  differ = false,
}: Pick<Load, "method" | "headers" | "body" | "path" | "differ">): string {
  const lines = [
    `wrk.method = ${JSON.stringify(method)}`,
    ...Object.entries(headers ?? {}).map(
      ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
    ),
    // Its own table ends with 99%.
    'done = function(_, latency) io.write("99.9% " .. latency:percentile(99.9) .. "us\\n") end',
  ];
  if (body === undefined && path === undefined) return lines.join("\n");
  const listOf = (make: ((nth: number) => string) | undefined) =>
    make === undefined
      ? "{}"
      : `{${Array.from({ length: REQUESTS }, (_, nth) => JSON.stringify(make(nth)))}}`;
  return `${lines.join("\n")}
local bodies = ${listOf(body)}
local paths = ${listOf(path)}
local n = 0
request = function()
  n = n + 1${differ ? `\n  wrk.headers["If-None-Match"] = '"' .. n .. '-00000000"'` : ""}
  return wrk.format(nil, paths[n % ${REQUESTS} + 1], nil, bodies[n % ${REQUESTS} + 1])
end`;
}

function millisecondsOf(text = ""): number {
  const match = /^([\d.]+)(us|ms|s)$/.exec(text);
  const factor = { us: 0.001, ms: 1, s: 1000 }[match?.[2] ?? ""] ?? Number.NaN;
  return Number(match?.[1]) * factor;
}

function outputOf(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(said);
      else reject(new Error(`${command} ${args.join(" ")} ended with ${code}:\n${said}`));
    });
  });
}

async function byAutocannon(load: Load): Promise<Measured> {
  const { body } = load;
  let nth = 0;
  const result = await autocannon({
    url: load.url,
    connections: load.clients,
    duration: load.seconds ?? 4,
    method: load.method ?? "GET",
    headers: { ...load.headers },
    ...(body === undefined
      ? {}
      : {
          requests: [{ setupRequest: (request: autocannon.Request) => ({ ...request, body: body(nth++) }) }],
        }),
  });
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(
      `${load.url}: ${result.non2xx} answers were not 2xx, ${result.errors} errors: ${JSON.stringify(result.statusCodeStats)}`,
    );
  }
  const { p50, p99, p99_9: p999 } = result.latency;
  return { perSecond: result["2xx"] / result.duration, p50, p99, p999 };
}
