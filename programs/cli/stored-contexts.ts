/**
 * The user's own contexts: names for servers, each with the token that goes there and nowhere else. One file that
 * only its owner can read, written whole. The data folder's context, `local`, is not in it (context.ts).
 */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import * as z from "zod/mini";
import { makeFolders } from "../../lib/store/sqlite/folders.ts";
import { EXIT, Failure } from "./failure.ts";
import { writeSecretFile } from "./secret-file.ts";

/** The server that `npm start` runs for the data folder. */
export const LOCAL = "local";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;

const StoredContext = z.strictObject({
  url: z.url().check(z.maxLength(2000)),
  token: z.optional(z.string().check(z.maxLength(200))),
  /** A PEM file of the authority that signed the server's certificate. */
  ca: z.optional(z.string().check(z.maxLength(4096))),
});
export type StoredContext = z.infer<typeof StoredContext>;

const StoredContexts = z.strictObject({
  current: z.string().check(z.regex(NAME)),
  contexts: z.record(z.string().check(z.regex(NAME)), StoredContext),
});
export type StoredContexts = z.infer<typeof StoredContexts>;

export function contextsFile(): string {
  const base = process.env.XDG_CONFIG_HOME ?? "";
  // A relative one is to be ignored (XDG Base Directory Specification).
  return join(isAbsolute(base) ? base : join(homedir(), ".config"), "ledge", "contexts.json");
}

/** What is stored; nothing, and `local` as the current one, where there is no file. */
export function readContexts(): StoredContexts {
  const file = contextsFile();
  try {
    return StoredContexts.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT")
      return { current: LOCAL, contexts: {} };
    throw new Failure(EXIT.usage, `${file} cannot be read as contexts`, {
      cause,
      hint: "mend it, or move it away and log in again",
    });
  }
}

/** Stores a context, and makes it the current one where `use` says so. */
export function storeContext(name: string, context: StoredContext, { use }: { readonly use: boolean }): void {
  const { current, contexts } = readContexts();
  writeContexts({
    current: use ? name : current,
    contexts: { ...contexts, [judgeContextName(name)]: context },
  });
}

/** Puts another token in the place of the one that a stored context has. */
export function replaceToken(name: string, token: string): void {
  const stored = readContexts().contexts[name];
  if (stored !== undefined) storeContext(name, { ...stored, token }, { use: false });
}

export function forgetContext(name: string): void {
  const { current, contexts } = readContexts();
  const { [name]: _, ...rest } = contexts;
  writeContexts({ current: current === name ? LOCAL : current, contexts: rest });
}

/** Makes a context the current one. */
export function useContext(name: string): void {
  writeContexts({ ...readContexts(), current: name });
}

/** A name that a user may give. Refuses `local` and what is hard to type. */
export function judgeContextName(name: string): string {
  if (name === LOCAL)
    throw new Failure(EXIT.usage, `\`${LOCAL}\` is the server of the data folder: choose another name`);
  if (!NAME.test(name))
    throw new Failure(EXIT.usage, `${name} is not a name for a context`, {
      hint: "letters, digits and . _ : - , at most 100; give one with --context NAME",
    });
  return name;
}

function writeContexts(contexts: StoredContexts): void {
  const file = contextsFile();
  makeFolders(dirname(file), 0o700);
  writeSecretFile(file, `${JSON.stringify(contexts, null, 2)}\n`);
}
