/**
 * Every SQL statement that Ledge may send to its store, found in the sources: what the `*.sql.ts` files export, and
 * each literal that begins as a statement does. (Migrations are tried by running them.) One that is put together from parts is a pattern,
 * and whoever checks statements needs an example of it (a recorder of what a store was really sent).
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { transform } from "esbuild";
import { parseAst } from "vite";
import { z } from "zod";
import type { Db, SqlRow, SqlValue } from "../lib/store/sqlite/driver.ts";
import { root } from "./processes.ts";

export interface Statement {
  /** The file it stands in. */
  readonly where: string;
  readonly sql: string;
}

export interface Pattern {
  readonly where: string;
  /** The text between what is put in. */
  readonly parts: readonly string[];
}

/** Code that may speak to a store on a server. Programs that only open files are not among it. */
const FOLDERS = ["lib", "components"];
const STATEMENT =
  /^\s*((select|with|pragma|create|drop|savepoint|release|alter)\s+\S|insert\s+(or\s+\w+\s+)?into\s|update\s+(or\s+\w+\s+)?[\w"]+(\s+as\s+\w+)?\s+set\s|delete\s+from\s|(begin(\s+(immediate|exclusive))?|commit|rollback|vacuum)\s*$)/i;
/** The beginning of one, to which the rows are put. */
const BEGINNING = /\bvalues\s*$/i;

/** Whole statements, each once. */
export async function knownStatements(): Promise<Statement[]> {
  const found = new Map<string, Statement>();
  const add = (where: string, sql: string) => {
    if (STATEMENT.test(sql) && !found.has(sql)) found.set(sql, { where, sql });
  };
  for (const file of sources()) {
    if (file.endsWith(".sql.ts")) {
      for (const sql of stringsIn(await exportsOf(file))) add(file, sql);
    } else for (const parts of await literalsOf(file)) if (parts.length === 1) add(file, parts[0] ?? "");
  }
  return [...found.values()];
}

/** Statements that name their columns. */
export async function madeStatements(): Promise<(Statement & { readonly columns: readonly string[] })[]> {
  const found = [];
  for (const where of sources().filter((name) => name.endsWith(".sql.ts"))) {
    for (const value of Object.values(await exportsOf(where))) {
      const made = Named.safeParse(value);
      if (made.success) found.push({ where, ...made.data });
    }
  }
  return found;
}

const Named = z.strictObject({ sql: z.string(), columns: z.array(z.string()) });

/** Those put together at run time. */
export async function patterns(): Promise<Pattern[]> {
  const found: Pattern[] = [];
  for (const file of sources()) {
    if (file.endsWith(".sql.ts")) continue;
    for (const parts of await literalsOf(file)) {
      if (parts.length > 1 && STATEMENT.test(parts.join("x"))) found.push({ where: file, parts });
    }
  }
  return found;
}

/** Whether a statement can have been made from a pattern. */
export function fits({ parts }: Pattern, sql: string): boolean {
  const source = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("[\\s\\S]*?");
  return new RegExp(`${source}`).test(sql);
}

/** A database that keeps the texts that it is sent. */
export function recordingDb(db: Db): Db & { readonly sent: ReadonlySet<string> } {
  const sent = new Set<string>();
  return {
    sent,
    all(sql: string, params?: readonly SqlValue[]): SqlRow[] {
      sent.add(sql);
      return db.all(sql, params);
    },
  };
}

function sources(): string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
      .map((name) => `${folder}/${name}`),
  ).sort();
}

async function exportsOf(file: string): Promise<Record<string, unknown>> {
  return await import(pathToFileURL(join(root, file)).href);
}

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(stringsIn);
}

/** The string and template literals of a file, each as the parts between what is put in. */
async function literalsOf(file: string): Promise<string[][]> {
  const source = readFileSync(join(root, file), "utf8");
  const { code } = await transform(source, { loader: "ts", format: "esm", target: "esnext" });
  const found: string[][] = [];
  visit(parseAst(code), (node) => {
    if (node.type === "Literal" && typeof node.value === "string")
      found.push(BEGINNING.test(node.value) ? [node.value, ""] : [node.value]);
    if (node.type === "TemplateLiteral" && Array.isArray(node.quasis))
      found.push(node.quasis.map((quasi) => String(quasi.value.cooked)));
  });
  return found;
}

interface Node {
  readonly type?: unknown;
  readonly value?: unknown;
  readonly quasis?: unknown;
}

function visit(node: unknown, look: (node: Node) => void): void {
  if (typeof node !== "object" || node === null) return;
  if ("type" in node) look(node);
  for (const child of Object.values(node)) visit(child, look);
}
