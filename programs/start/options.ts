/**
 * The command line of `npm start` and `ledge serve`. What is not known is refused by name; variables are Spin's
 * (`--variable name=value`, SPIN_VARIABLE_NAME), so that a server with a real bucket needs no other settings.
 */
import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { parseRate } from "../../lib/core/rate.ts";
import { dataFlag } from "../cli/called.ts";
import { ORIGIN_WORDS, parseOrigin } from "../host/front/cross-origin.ts";
import { LOG_LEVELS, type LogOptions } from "./log.ts";
import { WrongUse } from "./stopped.ts";

export interface StartOptions {
  /** What was typed to start, for the messages that name a next command. */
  readonly command: string;
  /** The same with the data folder that it was typed for. */
  readonly again: string;
  readonly dataDir: string;
  /** What runs the components: the Wasm files that Spin runs, or the same handlers as JavaScript. */
  readonly engine: "wasm" | "native";
  readonly host: string;
  readonly port: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly allowHosts: readonly string[];
  /** Origins whose pages may read. */
  readonly allowOrigins: readonly string[];
  /** Reads a second of a token, or of an address without one; 0 for any number. */
  readonly readRate: number;
  readonly freshInstances: boolean;
  /** Spin's runtime configuration: where the database is. */
  readonly runtimeConfigFile: string | undefined;
  /** Begin a new history although the bucket holds backups. */
  readonly freshHistory: boolean;
  readonly demo: boolean;
  /** Undefined: as standard error is. */
  readonly logFormat: "text" | "json" | undefined;
  readonly logLevel: LogOptions["level"];
  readonly logRequests: boolean;
}

interface Flags {
  readonly data: string;
  readonly engine: StartOptions["engine"];
  readonly port?: number;
  readonly listen?: { host: string; port: number };
  readonly variable?: Record<string, string>;
  readonly allowHost?: string[];
  readonly allowOrigin?: string[];
  readonly readRate?: number;
  readonly freshInstances?: boolean;
  readonly runtimeConfigFile?: string;
  readonly fresh?: boolean;
  readonly demo: boolean;
  readonly log?: "text" | "json";
  readonly logLevel: LogOptions["level"];
  readonly logRequests?: boolean;
}

/** What a server is started as. */
export interface StartCommand {
  /** As it is typed. */
  readonly name: string;
  readonly engine: StartOptions["engine"];
}

/** `npm start`. */
export const START: StartCommand = { name: "npm start --", engine: "wasm" };

const DEFAULT_PORT = 3000;

/** Throws CommanderError for wrong use, after having said what is wrong, and WrongUse for what the environment says. */
export function parseStartOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  command: StartCommand,
): StartOptions {
  const program = new Command(command.name)
    .description("start a server, with a database and a bucket on this disk unless others are set")
    .addOption(
      new Option("--engine <name>", "what runs it: the Wasm components, or the same handlers in Node")
        .choices(["wasm", "native"])
        .default(command.engine),
    )
    .option("--data <dir>", "where database, bucket and the first token are kept", ".ledge")
    .option("--port <n>", "the port on 127.0.0.1 (default: PORT, else 3000)", parsePort)
    .addOption(
      new Option("--listen <host:port>", "listen elsewhere than on loopback")
        .argParser(parseListen)
        .conflicts("port"),
    )
    .option("--variable <name=value>", "set a variable of spin.toml (may be given again)", collectVariable)
    .option(
      "--allow-host <name>",
      "answer for this Host too (may be given again)",
      (value: string, before: string[] = []) => [...before, value],
    )
    .option(
      "--allow-origin <url>",
      "let pages of this origin read, for example https://console.example (may be given again)",
      collectOrigin,
    )
    .option(
      "--read-rate <n>",
      "reads a second of a token, or of an address without one (default: LEDGE_READ_RATE, else any number)",
      parseReadRate,
    )
    .option("--fresh", "begin a new history although the bucket holds backups")
    .option("--fresh-instances", "a new component instance for each request, as Spin does")
    .option("--runtime-config-file <file>", "Spin's runtime configuration: keep the store on a libSQL server")
    .addOption(
      new Option(
        "--log <format>",
        "how events are written (default: text on a terminal, json elsewhere)",
      ).choices(["text", "json"]),
    )
    .addOption(
      new Option("--log-level <level>", "which events are written").choices(LOG_LEVELS).default("info"),
    )
    .option("--log-requests", "write each request down: method, path, status and time, never a value")
    .option("--no-demo", "do not put the namespace `demo` into a new store")
    .addHelpText("after", helpOf(command.name))
    .allowExcessArguments(false)
    .exitOverride();
  program.parse([...args], { from: "user" });
  const flags = program.opts<Flags>();
  const listen = flags.listen ?? { host: "127.0.0.1", port: flags.port ?? portFrom(environment) };
  return {
    command: command.name,
    again: `${command.name}${dataFlag(resolve(flags.data))}`,
    dataDir: resolve(flags.data),
    engine: flags.engine,
    ...listen,
    variables: flags.variable ?? {},
    allowHosts: flags.allowHost ?? [],
    allowOrigins: flags.allowOrigin ?? [],
    readRate: flags.readRate ?? readRateFrom(environment),
    freshInstances: flags.freshInstances === true,
    runtimeConfigFile: flags.runtimeConfigFile === undefined ? undefined : resolve(flags.runtimeConfigFile),
    freshHistory: flags.fresh === true,
    demo: flags.demo,
    logFormat: flags.log,
    logLevel: flags.logLevel,
    logRequests: flags.logRequests === true,
  };
}

/** `npm start --` needs its dashes only where something follows. */
function helpOf(name: string): string {
  return `
Examples:
  ${name.replace(/ --$/, "")}
  ${name} --data /var/lib/ledge --port 3000
  ${name} --variable bucket_endpoint=https://s3.example.com --variable bucket_name=my-backups
  ${name} --listen 0.0.0.0:3000 --log json

Variables are those of docs/settings.md. SPIN_VARIABLE_NAME in the environment sets one, too, and is the place for what is
secret: bucket_access_key_id, bucket_secret_access_key.

Exit codes: 0 told to stop (SIGINT, SIGTERM, SIGHUP), 1 it cannot start or go on, and says why, 2 wrong use.
`;
}

function portFrom(environment: Readonly<Record<string, string | undefined>>): number {
  if (environment.PORT === undefined || environment.PORT === "") return DEFAULT_PORT;
  try {
    return parsePort(environment.PORT);
  } catch (cause) {
    // Only of what stands on the command line commander says by itself what is wrong.
    throw new WrongUse(`PORT: ${environment.PORT} is not a port`, { cause });
  }
}

function readRateFrom({ LEDGE_READ_RATE: text = "" }: Readonly<Record<string, string | undefined>>): number {
  const rate = parseRate(text);
  if (rate === undefined) throw new WrongUse(`LEDGE_READ_RATE: ${text} is not ${RATE_WORDS}`);
  return rate;
}

const RATE_WORDS = "a number from 0 to 10000";

function parseReadRate(text: string): number {
  const rate = text === "" ? undefined : parseRate(text);
  if (rate === undefined) throw new InvalidArgumentError(`${text} is not ${RATE_WORDS}`);
  return rate;
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65535) throw new InvalidArgumentError(`${text} is not a port`);
  return port;
}

export function parseListen(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(":");
  if (colon < 1) throw new InvalidArgumentError("say HOST:PORT, for example 0.0.0.0:3000 or [::]:3000");
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, "$1"), port: parsePort(text.slice(colon + 1)) };
}

/** One more of `--allow-origin`. */
export function collectOrigin(text: string, before: string[] = []): string[] {
  const origin = parseOrigin(text);
  if (origin === undefined) throw new InvalidArgumentError(ORIGIN_WORDS);
  return [...before, origin];
}

function collectVariable(text: string, before: Record<string, string> = {}): Record<string, string> {
  const equals = text.indexOf("=");
  if (equals < 1) throw new InvalidArgumentError("say name=value");
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) };
}
