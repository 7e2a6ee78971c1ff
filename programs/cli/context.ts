/**
 * Where the server is and who we are. `npm start` writes .ledge/context.json and .ledge/admin-token; flags and
 * LEDGE_URL, LEDGE_TOKEN come before them. The token never appears on a command line.
 */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as z from "zod";
import { EXIT, Failure } from "./failure.ts";

const Context = z.strictObject({ url: z.url().max(2000) });

export interface Connection {
  readonly url: string;
  readonly token: string | undefined;
  readonly dataDir: string;
}

export interface ConnectionOptions {
  readonly url?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly data?: string | undefined;
}

/** The data folder: as told, else `.ledge` here, else the one in `home` (the folder of the launcher). */
export function findDataDir(options: ConnectionOptions, home: string): string {
  if (options.data !== undefined) return resolve(options.data);
  if (process.env.LEDGE_DATA !== undefined) return resolve(process.env.LEDGE_DATA);
  const here = resolve(".ledge");
  return existsSync(here) ? here : join(home, ".ledge");
}

export function findConnection(options: ConnectionOptions, home: string): Connection {
  const dataDir = findDataDir(options, home);
  const url = options.url ?? process.env.LEDGE_URL ?? readContext(dataDir);
  if (url === undefined) {
    throw new Failure(EXIT.unreachable, `no server is known: there is no ${join(dataDir, "context.json")}`, {
      hint: "start one with `npm start`, or name one with --url or LEDGE_URL",
    });
  }
  return { url: url.replace(/\/+$/, ""), token: readToken(options, dataDir), dataDir };
}

function readContext(dataDir: string): string | undefined {
  const file = join(dataDir, "context.json");
  if (!existsSync(file)) return undefined;
  try {
    return Context.parse(JSON.parse(readFileSync(file, "utf8"))).url;
  } catch (cause) {
    throw new Failure(EXIT.usage, `${file} is not a context`, {
      cause,
      hint: "delete it and run `npm start` again",
    });
  }
}

function readToken(options: ConnectionOptions, dataDir: string): string | undefined {
  if (options.tokenFile !== undefined) {
    try {
      return readFileSync(options.tokenFile, "utf8").trim();
    } catch (cause) {
      throw new Failure(EXIT.usage, `the token file ${options.tokenFile} cannot be read`, { cause });
    }
  }
  if (process.env.LEDGE_TOKEN !== undefined && process.env.LEDGE_TOKEN !== "") return process.env.LEDGE_TOKEN;
  const file = join(dataDir, "admin-token");
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}
