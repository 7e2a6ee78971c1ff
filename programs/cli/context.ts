/**
 * Which server a command speaks to, and with which token. Promise: a token goes only to the address that it was
 * stored for. `npm start` stores one for its data folder (context.json with admin-token: the context `local`), users
 * store others (contexts.ts); what the command line or the environment names comes first. No token is an argument.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as z from "zod/mini";
import { EXIT, Failure } from "./failure.ts";
import { parseServerAddress } from "./server/address.ts";
import { contextsFile, LOCAL, readContexts } from "./stored-contexts.ts";

const Context = z.strictObject({ url: z.url().check(z.maxLength(2000)) });

export interface Connection {
  readonly url: string;
  readonly token: string | undefined;
  /** Where the token was found, for people; undefined when there is none. */
  readonly tokenFrom: string | undefined;
  /** A PEM file of authorities to trust besides Node's. */
  readonly ca: string | undefined;
}

export interface NamedContext extends Connection {
  readonly name: string;
}

export interface ConnectionOptions {
  readonly url?: string | undefined;
  readonly context?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly ca?: string | undefined;
  readonly data?: string | undefined;
}

/** The data folder: as told, else `.ledge` here, else the one in `home` (the folder of the launcher). */
export function findDataDir(options: ConnectionOptions, home: string): string {
  const told = options.data ?? environment("LEDGE_DATA");
  if (told !== undefined) return resolve(told);
  const here = resolve(".ledge");
  return existsSync(here) ? here : join(home, ".ledge");
}

/**
 * Refuses where no server is named, where a name is not known, where a file cannot be read, and where LEDGE_TOKEN
 * would go to a server that nobody named.
 */
export function findConnection(options: ConnectionOptions, home: string): Connection {
  const { place, isNamed } = findPlace(options, findDataDir(options, home));
  const told = toldToken(options, { url: place.url, isNamed });
  const authority = options.ca ?? environment("LEDGE_CA");
  const ca = authority === undefined ? place.ca : resolve(authority);
  return { url: place.url, token: place.token, tokenFrom: place.tokenFrom, ...told, ca };
}

/** Every context that is known here; `local` first, when the data folder has a server. */
export function listContexts(
  options: ConnectionOptions,
  home: string,
): { readonly current: string; readonly contexts: readonly NamedContext[] } {
  const { current } = readContexts();
  return { current, contexts: knownContexts(findDataDir(options, home)) };
}

/**
 * Flags before the environment; then the data folder where one is named, then the current context. `isNamed` is
 * false for a data folder that was only found.
 */
function findPlace(
  options: ConnectionOptions,
  dataDir: string,
): { readonly place: Connection; readonly isNamed: boolean } {
  const told = toldPlace(options, dataDir);
  if (told !== undefined) return { place: told, isNamed: true };
  const { current } = readContexts();
  return { place: named(current, dataDir), isNamed: current !== LOCAL };
}

function toldPlace(options: ConnectionOptions, dataDir: string): Connection | undefined {
  if (options.url !== undefined && options.context !== undefined)
    throw new Failure(EXIT.usage, "--url and --context both name a server; choose one");
  if (options.url !== undefined) return atAddress(options.url, dataDir);
  if (options.context !== undefined) return named(options.context, dataDir);
  const url = environment("LEDGE_URL");
  if (url !== undefined) return atAddress(url, dataDir);
  const context = environment("LEDGE_CONTEXT");
  if (context !== undefined) return named(context, dataDir);
  const folder = options.data ?? environment("LEDGE_DATA");
  return folder === undefined ? undefined : named(LOCAL, dataDir);
}

/** With the token of a context that has this very address, and else with none. */
function atAddress(text: string, dataDir: string): Connection {
  const url = parseServerAddress(text);
  const known = knownContexts(dataDir).find((context) => context.url === url && context.token !== undefined);
  return known ?? { url, token: undefined, tokenFrom: undefined, ca: undefined };
}

function named(name: string, dataDir: string): Connection {
  if (name === LOCAL) {
    const local = readLocal(dataDir);
    // A store that had its first token elsewhere: the one that `ledge login` keeps for this address.
    if (local !== undefined) return local.token === undefined ? atAddress(local.url, dataDir) : local;
    throw new Failure(EXIT.unreachable, `no server is known: there is no ${join(dataDir, "context.json")}`, {
      hint: "start one with `ledge serve`, or name one with `ledge login URL`, --url or LEDGE_URL",
    });
  }
  const found = readOwn().find((context) => context.name === name);
  if (found !== undefined) return found;
  throw noSuchContext(name, knownContexts(dataDir));
}

/** Names what there is instead. */
export function noSuchContext(name: string, known: readonly NamedContext[]): Failure {
  const names = known.map((one) => one.name).join(", ");
  const there = names === "" ? "there is none yet: `ledge login URL` stores one" : `there is: ${names}`;
  const started = name === LOCAL ? "; `ledge serve` starts the server of the data folder" : "";
  return new Failure(EXIT.usage, `there is no context ${name}`, { hint: `${there}${started}` });
}

function knownContexts(dataDir: string): NamedContext[] {
  const local = readLocal(dataDir);
  return [...(local === undefined ? [] : [local]), ...readOwn()];
}

function readOwn(): NamedContext[] {
  return Object.entries(readContexts().contexts).map(([name, { url, token, ca }]) => ({
    name,
    url: parseServerAddress(url),
    token,
    tokenFrom: token === undefined ? undefined : `context ${name} in ${contextsFile()}`,
    ca,
  }));
}

function readLocal(dataDir: string): NamedContext | undefined {
  const file = join(dataDir, "context.json");
  if (!existsSync(file)) return undefined;
  const tokenFile = join(dataDir, "admin-token");
  const token = existsSync(tokenFile) ? readFileSync(tokenFile, "utf8").trim() || undefined : undefined;
  const tokenFrom = token === undefined ? undefined : tokenFile;
  return { name: LOCAL, url: readAddress(file), token, tokenFrom, ca: undefined };
}

function readAddress(file: string): string {
  try {
    return parseServerAddress(Context.parse(JSON.parse(readFileSync(file, "utf8"))).url);
  } catch (cause) {
    throw new Failure(EXIT.usage, `${file} is not a context`, {
      cause,
      hint: "delete it and start the server again",
    });
  }
}

/** The token and the authority that the command line names, for commands that store them. */
export function toldByFlags({ tokenFile, ca }: ConnectionOptions): {
  readonly token?: string;
  readonly ca?: string;
} {
  return {
    ...(tokenFile === undefined ? {} : { token: judgeTokenText(readTokenFile(tokenFile), tokenFile) }),
    ...(ca === undefined ? {} : { ca: resolve(ca) }),
  };
}

/**
 * The token that a person named for this call. One in the environment beside LEDGE_URL was meant for that address,
 * so it does not go to another. Without LEDGE_URL it goes only to a server that somebody named: a folder that happens
 * to lie here must not receive it, and its own token may do more than the one that was asked for.
 */
function toldToken(
  options: ConnectionOptions,
  { url, isNamed }: { readonly url: string; readonly isNamed: boolean },
): Pick<Connection, "token" | "tokenFrom"> | undefined {
  const { token: given } = toldByFlags(options);
  if (given !== undefined) return { token: given, tokenFrom: options.tokenFile };
  const token = environment("LEDGE_TOKEN");
  if (token === undefined) return undefined;
  const meant = environment("LEDGE_URL");
  if (meant !== undefined && parseServerAddress(meant) !== url) return undefined;
  if (!isNamed)
    throw new Failure(EXIT.usage, `LEDGE_TOKEN is set, and nothing names its server; ${url} was only found`, {
      hint: "set LEDGE_URL, or name the server with --url, --context or --data; unset LEDGE_TOKEN to use the token that is stored there",
    });
  return { token: judgeTokenText(token, "LEDGE_TOKEN"), tokenFrom: "LEDGE_TOKEN" };
}

/** A token that fits into a header; whether it works, the server says. */
function judgeTokenText(text: string, from: string): string {
  const token = text.trim();
  if (/^[!-~]+$/.test(token)) return token;
  throw new Failure(EXIT.auth, `${from} does not hold a token`);
}

function readTokenFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Failure(EXIT.usage, `the token file ${file} cannot be read`, { cause });
  }
}

/** An empty variable is one that is not set. */
function environment(name: string): string | undefined {
  const value = process.env[name];
  return value === "" ? undefined : value;
}
