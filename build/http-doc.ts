/**
 * The tables of docs/http.md, from the same data as the OpenAPI description. The page's prose is written by
 * hand; what stands between `<!-- made: NAME -->` and `<!-- end -->` is made here. A test holds both together.
 */

import { wordsOf } from "../lib/api/needs.ts";
import type { Operation } from "../lib/api/operation.ts";
import { OPERATIONS } from "../lib/api/operations.ts";
import { HEADERS, PARAMETERS, parametersOf } from "../lib/api/parameters.ts";
import { COMMIT_LIMITS } from "../lib/core/commit/limits.ts";
import { JSON_DEPTH_MAX } from "../lib/core/json-depth.ts";
import { KEY_BYTES_MAX } from "../lib/core/key.ts";
import { MEDIA_TYPE_BYTES_MAX } from "../lib/core/media-type.ts";
import { MESSAGE_BYTES_MAX } from "../lib/core/message.ts";
import { URI_BYTES_MAX } from "../lib/core/query.ts";
import { meaningOf, type RefusalCode } from "../lib/core/refusal.ts";
import { REFUSALS } from "../lib/core/refusal-table.ts";
import { SCOPE_BYTES_MAX } from "../lib/core/scope.ts";

const ROUTES: readonly Operation[] = OPERATIONS;
const TABLES: Readonly<Record<string, () => string>> = { routes, parameters, headers, limits, codes };

/** The page with every made part as it should be. Throws on a part that nobody makes, or that is missing. */
export function renderHttpDoc(page: string): string {
  const made = new Set<string>();
  const rendered = page.replace(
    /<!-- made: (\w+) -->\n[\s\S]*?<!-- end -->/g,
    (_whole: string, name: string) => {
      const table = TABLES[name];
      if (table === undefined) throw new Error(`docs/http.md: nobody makes ${name}`);
      made.add(name);
      return `<!-- made: ${name} -->\n${table()}\n<!-- end -->`;
    },
  );
  const missing = Object.keys(TABLES).filter((name) => !made.has(name));
  if (missing.length > 0) throw new Error(`docs/http.md: no place for ${missing.join(", ")}`);
  return rendered;
}

function routes(): string {
  return table(
    ["method and route", "what it does", "needs", "parameters and headers", "answers"],
    ROUTES.map(({ method, path, summary, needs, parameters: names, answers }) => [
      `${method.toUpperCase()} \`${path}\``,
      summary,
      wordsOf(needs),
      names
        .filter((name) => PARAMETERS[name].in !== "path")
        .map((name) => `\`${PARAMETERS[name].name}\``)
        .join(" "),
      Object.keys(answers).join(" "),
    ]),
  );
}

function parameters(): string {
  const rows = Object.values(parametersOf(ROUTES)).map(({ name, in: place, description }) => [
    `\`${name}\``,
    place,
    description,
  ]);
  return table(["name", "where", "meaning"], rows);
}

function headers(): string {
  return table(
    ["name", "meaning"],
    Object.entries(HEADERS).map(([name, { description }]) => [`\`${name}\``, description]),
  );
}

function limits(): string {
  const bytes = (size: number) => (size % 1_048_576 === 0 ? `${size / 1_048_576} MiB` : `${size} bytes`);
  return table(
    ["what", "at most"],
    [
      ["a value", bytes(COMMIT_LIMITS.valueBytes)],
      ["changes in a commit", String(COMMIT_LIMITS.changes)],
      ["values of a commit together", bytes(COMMIT_LIMITS.bodyBytes)],
      ["a commit as it is sent, and as it is stored", bytes(COMMIT_LIMITS.encodedBytes)],
      ["a key", bytes(KEY_BYTES_MAX)],
      ["a scope", bytes(SCOPE_BYTES_MAX)],
      ["a media type", bytes(MEDIA_TYPE_BYTES_MAX)],
      ["a message", bytes(MESSAGE_BYTES_MAX)],
      ["an address", bytes(URI_BYTES_MAX)],
      ["levels of JSON", String(JSON_DEPTH_MAX)],
    ],
  );
}

/** Of answers that no route makes. */
const HOST_CODES = [
  "no_route",
  "method_not_allowed",
  "expectation_failed",
  "wrong_host",
  "body_timeout",
  "overloaded",
  "timeout",
];

/** Every code that a route built today can answer with. */
function codes(): string {
  const named = new Set<string>(HOST_CODES);
  for (const operation of ROUTES) for (const code of operation.codes) named.add(code);
  const known = Object.keys(REFUSALS).filter((code): code is RefusalCode => named.has(code));
  return table(
    ["code", "status", "meaning"],
    known.map((code) => {
      const { status, title, retryable } = meaningOf(code);
      return [`\`${code}\``, retryable ? `${status} R` : String(status), title];
    }),
  );
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replace(/\|/g, "\\|")).join(" | ")} |`;
  return [row(heads), row(heads.map(() => "---")), ...rows.map(row)].join("\n");
}
