/**
 * `node scripts/run.mjs host`: a manifest on the embedded host and nothing around it (no bucket, no first
 * token; `npm start` brings those). Refuses unknown options by name; SIGINT and SIGTERM end it cleanly.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { ORIGIN_WORDS, parseOrigin } from "./front/cross-origin.ts";
import { startHost } from "./host.ts";
import type { HostOptions, RunningHost } from "./options.ts";
import { shownAddress } from "./spin/databases.ts";

const USAGE = `Usage: host [--manifest FILE] [--data DIR] [--port N | --listen HOST:PORT]
            [--variable NAME=VALUE]… [--allow-host NAME]… [--allow-origin URL]…
            [--workers N] [--sqlite SQL_OR_@FILE]… [--runtime-config-file FILE]
            [--fresh-instances] [--no-cron]`;

class Stopped extends Error {}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const host = await startHost(options).catch((error: unknown) => {
    if (!(error instanceof Error)) throw error;
    if (!("code" in error) || error.code !== "EADDRINUSE") throw new Stopped(error.message);
    const { port } = options.listen ?? { port: 0 };
    throw new Stopped(
      `Port ${port} is taken. Choose another with --port ${port === 65535 ? 3000 : port + 1}.`,
    );
  });
  // Before it is said: who reads that it serves may end it at once.
  const ended = new Promise<void>((done) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => done());
  });
  console.log(`Serving ${options.manifest} on ${host.url}, data in ${dataOf(options, host)}`);
  await ended;
  await host.stop();
}

function dataOf({ stateDir }: HostOptions, { database }: RunningHost): string {
  return typeof database === "string" ? stateDir : shownAddress(database);
}

/** Throws Stopped with what is wrong. */
function readOptions(args: string[]): HostOptions {
  const { values } = parse(args);
  return {
    manifest: resolve(values.manifest),
    stateDir: resolve(values.data),
    listen: readListen(values.listen, values.port ?? process.env.PORT),
    variables: Object.fromEntries((values.variable ?? []).map(readPair)),
    allowHosts: values["allow-host"] ?? [],
    allowOrigins: (values["allow-origin"] ?? []).map(readOrigin),
    freshInstances: values["fresh-instances"] ?? false,
    cron: values["no-cron"] !== true,
    sqlite: values.sqlite ?? [],
    ...(values["runtime-config-file"] === undefined
      ? {}
      : { runtimeConfigFile: values["runtime-config-file"] }),
    ...(values.workers === undefined ? {} : { workers: readNumber("--workers", values.workers, 1, 256) }),
  };
}

function parse(args: string[]) {
  const text = { type: "string" } as const;
  const many = { type: "string", multiple: true } as const;
  const flag = { type: "boolean" } as const;
  const options = {
    manifest: { ...text, default: "spin.toml" },
    data: { ...text, default: ".ledge" },
    port: text,
    listen: text,
    workers: text,
    variable: many,
    "allow-host": many,
    "allow-origin": many,
    sqlite: many,
    "runtime-config-file": text,
    "fresh-instances": flag,
    "no-cron": flag,
  };
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false });
  } catch (error) {
    throw new Stopped(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

function readListen(listen: string | undefined, port: string | undefined): { host: string; port: number } {
  if (listen === undefined)
    return { host: "127.0.0.1", port: readNumber("--port", port ?? "3000", 0, 65535) };
  const parts = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(listen);
  if (parts === null) throw new Stopped(`--listen ${listen}: write HOST:PORT`);
  return { host: parts[1] ?? parts[2] ?? "", port: readNumber("--listen", parts[3] ?? "", 0, 65535) };
}

function readOrigin(text: string): string {
  const origin = parseOrigin(text);
  if (origin === undefined) throw new Stopped(`--allow-origin ${text}: ${ORIGIN_WORDS}`);
  return origin;
}

function readNumber(name: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= min && number <= max) return number;
  throw new Stopped(`${name} ${text}: write a number from ${min} to ${max}`);
}

function readPair(pair: string): [string, string] {
  const at = pair.indexOf("=");
  if (at < 1) throw new Stopped(`--variable ${pair}: write NAME=VALUE`);
  return [pair.slice(0, at), pair.slice(at + 1)];
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Stopped ? error.message : error);
  process.exitCode = error instanceof Stopped ? 2 : 1;
}
