/**
 * The first token. It is made here, written with mode 600 before it is asked for, and asked for with only its
 * digest, so that a crash or a lost answer at any point loses nothing: the next start asks for the same again.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatToken, newToken, parseToken, secretDigest } from "../../lib/core/token.ts";
import { LedgeError } from "../../packages/client/index.ts";
import { openOwnServer, saidBy } from "./own-server.ts";
import type { Traces } from "./traces.ts";

export type FirstToken =
  | { readonly state: "made" | "kept"; readonly token: string; readonly file: string }
  | { readonly state: "elsewhere" | "restoring"; readonly file: string };

/** A new store does not know the token of the one before it, whose file is moved aside. */
export function setTokenAside(dataDir: string, traces: Traces): void {
  const file = join(dataDir, "admin-token");
  if (!existsSync(file)) return;
  const aside = `${file}-until-${new Date().toISOString().replaceAll(":", "-")}`;
  renameSync(file, aside);
  traces.add(() => renameSync(aside, file));
}

export interface FirstTokenAsked {
  readonly url: string;
  readonly bootstrapSecret: string;
  /** The bucket was looked at, or left behind on purpose: a new history may begin. */
  readonly fresh: boolean;
}

/** Makes sure that `admin-token` holds a token of this store, unless the store had its first one elsewhere. */
export async function ensureFirstToken(
  dataDir: string,
  { url, bootstrapSecret, fresh }: FirstTokenAsked,
): Promise<FirstToken> {
  const file = join(dataDir, "admin-token");
  if (existsSync(file)) return { state: "kept", token: readFileSync(file, "utf8").trim(), file };
  const pending = join(dataDir, "admin-token.new");
  const token = readPending(pending) ?? writePending(pending);
  const parsed = parseToken(token);
  if (parsed === undefined) throw new Error(`${pending} does not hold a token; delete it and start again`);
  const digest = secretDigest(parsed.secret);
  const refusal = await askForIt(url, bootstrapSecret, {
    name: "admin",
    accessor: parsed.accessor,
    digest,
    fresh,
  });
  if (refusal?.status === 409) {
    rmSync(pending);
    return { state: "elsewhere", file };
  }
  if (refusal?.status === 503) return { state: "restoring", file };
  if (refusal !== undefined) throw new Error(`the first token was refused: ${saidBy(refusal)}`);
  renameSync(pending, file);
  return { state: "made", token, file };
}

/** The refusal, if it is one. Throws where there is no answer. */
async function askForIt(url: string, secret: string, json: object): Promise<LedgeError | undefined> {
  try {
    await openOwnServer(url, secret).ask({ method: "POST", path: "/v1/admin/bootstrap", json });
    return undefined;
  } catch (error) {
    if (error instanceof LedgeError && error.status !== 0) return error;
    throw error;
  }
}

function readPending(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}

function writePending(file: string): string {
  const token = formatToken(newToken((length) => randomBytes(length)));
  writeFileSync(file, `${token}\n`, { mode: 0o600, flag: "wx" });
  return token;
}
