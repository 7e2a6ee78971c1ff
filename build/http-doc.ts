/**
 * The tables of docs/http.md, from the same data as the OpenAPI description: routes, parameters, codes. The
 * words around them stand in this file. A test holds the page and this together (`npx vitest -u` renews it).
 */
import { meaningOf, REFUSALS, type RefusalCode } from "../lib/core/refusal.ts";
import { HEADERS, PARAMETERS } from "../lib/wire/openapi-parameters.ts";
import { OPERATIONS } from "../lib/wire/openapi-routes.ts";

const cell = (text: string) => text.replace(/\|/g, "\\|");
const row = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
const table = (heads: readonly string[], rows: readonly (readonly string[])[]) =>
  [row(heads), row(heads.map(() => "---")), ...rows.map(row)].join("\n");

const BEFORE = `# The HTTP interface, version 1

The tables on this page are made from the schemas and routes of the source; \`GET /openapi.json\` gives the same as an
OpenAPI 3.1 description.

## How it works
- **One order of checks**: route, method, token, parameters, size, conditions, content. What is unknown (a parameter, a
  member, a \`Ledge-*\` header) is refused by name.
- **Names**: \`?key=\` names a key exactly (form-decoded). People may write it into the path, where \`/\` and \`%2F\` are the
  same; an empty segment, a segment of dots and a final \`/\` are refused there, because browsers and proxies rewrite them.
- **ETags** are strong: \`"<revision>-<8 hex of the lineage>"\`. Changing or deleting what exists needs \`If-Match\` with its
  ETag, or \`If-Match: *\` for whatever is there; \`If-None-Match: *\` creates only. In a commit, \`ifRevision\` is a
  revision, 0 for absent, or \`"any"\`.
- **Bytes** are stored and served as sent. In a commit \`value\` is JSON (numbers and member order untouched), \`text\` and
  \`base64\` are exact. JSON must be well-formed UTF-8 without a member given twice, at most 64 deep.
- **Revisions**: \`Ledge-Revision\` is the state an answer shows, \`Ledge-Head\` the newest. \`?revision=\` reads the past.
- **Cursors** are opaque; they belong to one history. After a restore a cursor from before it goes on, one from a lost
  part is 409 \`lineage\` with \`sharedRevision\`.
- **Idempotency-Key**: the same request again gives the first answer with \`Ledge-Replayed: true\`. After 503
  \`outcome_unknown\`, send it again with the same key, or ask \`GET /v1/commits?requestId=\`.
- **Tokens**: whoever asks for one makes its secret and sends the SHA-256. A grant is verbs × namespace (or \`*\`) × scope:
  empty for all, one whole key, or a prefix that ends in \`/\`.
- **Refusals** are problem documents (RFC 9457) with a \`code\`; codes are interface, wording is not.
`;

/** The whole page. */
export function renderHttpDoc(): string {
  const routes = OPERATIONS.map(({ method, path, summary, needs, answers }) => [
    `${method.toUpperCase()} \`${path}\``,
    summary,
    needs ?? "nothing",
    Object.keys(answers).join(" "),
  ]);
  const parameters = Object.values(PARAMETERS).map((parameter) => [
    `\`${parameter.name}\``,
    parameter.in,
    parameter.description,
  ]);
  const headers = Object.entries(HEADERS).map(([name, { description }]) => [`\`${name}\``, description]);
  return `${[
    BEFORE,
    "## Routes\n",
    table(["route", "what it does", "verb", "answers"], routes),
    "\n## Parameters and request headers\n",
    table(["name", "where", "meaning"], parameters),
    "\n## Headers of answers\n",
    table(["name", "meaning"], headers),
    "\n## Codes\n\nR: the same request may be sent again, after `Retry-After`.\n",
    table(["code", "status", "meaning"], codes()),
  ].join("\n")}\n`;
}

/** Only those that a route built today can answer with. */
function codes(): string[][] {
  const built = new Set<string>(OPERATIONS.flatMap((operation) => [...operation.codes]));
  const all = Object.keys(REFUSALS).filter((code): code is RefusalCode => built.has(code));
  return [...all, "no_route" as const, "method_not_allowed" as const]
    .filter((code, at, list) => list.indexOf(code) === at)
    .map((code) => {
      const { status, title, retryable } = meaningOf(code);
      return [`\`${code}\``, `${status}${retryable ? " R" : ""}`, title];
    });
}
