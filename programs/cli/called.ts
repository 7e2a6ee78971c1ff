/**
 * Commands in advice, as whoever reads them can type them: under the name that works where they are, with the flags of
 * this call. Texts write `ledge VERB …` between backticks; what is said to people goes through here.
 */
import { existsSync, realpathSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { root, shownPath } from "../start/places.ts";
import { LOCAL, readContexts } from "./stored-contexts.ts";

/** What this call was told before its verb; `dataDir` is the folder that it found. */
interface Call {
  readonly flags: {
    readonly url?: string | undefined;
    readonly context?: string | undefined;
    readonly tokenFile?: string | undefined;
    readonly ca?: string | undefined;
    readonly data?: string | undefined;
  };
  readonly dataDir: string;
}

let call: () => Call = () => ({ flags: {}, dataDir: resolve(".ledge") });

/** From now on advice repeats what this call was told. */
export function rememberCall(now: () => Call): void {
  call = now;
}

/** `ledge` where the search path leads to this very command, else the launcher's path. */
export function commandName(): string {
  const launcher = join(root, "ledge");
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const found = folders.map((folder) => join(folder, "ledge")).find((file) => existsSync(file));
  const isOurs = found !== undefined && realpathSync(found) === realpathSync(launcher);
  return isOurs ? "ledge" : shellWord(shownPath(launcher));
}

/** A word as a shell takes it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The command on a data folder; the folder is left out where a command finds it by itself. */
export function ledgeOn(dataDir: string): string {
  return `${commandName()}${isFoundByItself(dataDir) ? "" : ` --data ${shellWord(shownPath(dataDir))}`}`;
}

function isFoundByItself(dataDir: string): boolean {
  if (resolve(process.env.LEDGE_DATA || ".ledge") !== dataDir) return false;
  if (process.env.LEDGE_DATA) return true;
  try {
    return readContexts().current === LOCAL;
  } catch {
    // A file of contexts that cannot be read is told by the command that needs it.
    return false;
  }
}

/** What a start on a data folder is told; nothing for the one that it takes by itself. */
export function dataFlag(dataDir: string): string {
  return dataDir === resolve(".ledge") ? "" : ` --data ${shellWord(shownPath(dataDir))}`;
}

/** A text with its commands as they can be typed; one that has a line to itself is copied without its marks. */
export function asTyped(text: string): string {
  const alone = text.replace(/^( +)`ledge ([^`]+)`$/gm, (_, indent: string, rest: string) => {
    return `${indent}${commandLine(rest)}`;
  });
  return alone.replace(/`(?:\.\/)?ledge ([^`]+)`/g, (_, rest: string) => `\`${commandLine(rest)}\``);
}

/** The same for help, which tells of every call and not of this one. Its lines may break behind the name. */
export function asNamed(text: string): string {
  return text.replace(/`ledge(\s[^`]+)`/g, (_, rest: string) => `\`${commandName()}${rest}\``);
}

/** `rest` begins with the verb. */
function commandLine(rest: string): string {
  const { flags, dataDir } = call();
  const [verb = ""] = rest.split(" ", 1);
  if (verb === "serve") return `${commandName()} serve${dataFlag(dataDir)}`;
  if (/ --data /.test(rest)) return `${commandName()} ${rest}`;
  const { url, context, tokenFile, ca, data } = flags;
  // These name their server themselves; and what was tried is not the token that they are to store.
  const own = verb === "login" || verb === "context" || verb === "bootstrap";
  const told = own
    ? { "--context": verb === "login" && context !== LOCAL ? context : undefined, "--ca": ca, "--data": data }
    : { "--url": url, "--context": context, "--token-file": tokenFile, "--ca": ca, "--data": data };
  const words = Object.entries(told).flatMap(([flag, value]) =>
    value === undefined ? [] : [flag, shellWord(value)],
  );
  return [commandName(), ...words, rest].join(" ");
}
