/**
 * From a request to its operation and its input, by the component's table. Promise: only exactly the paths of the
 * table are answered (Spin's router trims slashes, so a path is looked at again here); what an operation does not know
 * is refused by name; nothing here asks the store or judges the caller.
 */
import type { Table, TableOperation, TablePath } from "../api/table.ts";
import { parseWriteCondition } from "../core/conditions.ts";
import { type HttpReply, type HttpRequest, VARY } from "../core/http.ts";
import { judgeKey, parsePathKey } from "../core/key.ts";
import { type MediaType, parseMediaType } from "../core/media-type.ts";
import { parseMessage } from "../core/message.ts";
import { parseQuery, type Query, splitTarget, URI_BYTES_MAX } from "../core/query.ts";
import { accept, type Outcome, type Refusal, refuse } from "../core/refusal.ts";
import { type Headers, pickHeaders } from "../core/request-headers.ts";
import { parseParameter } from "./parameters.ts";

/** What the parameters say, each under the name that its operation's handler knows it by. */
export type InputValues = Readonly<Record<string, unknown>>;

/** An operation that a request is for, and the parts of its address. */
export interface FoundOperation {
  readonly operation: TableOperation;
  /** The variable parts of the path, still percent-encoded. */
  readonly segments: readonly string[];
  /** The key behind the path, still percent-encoded; null when there is none. */
  readonly key: string | null;
  readonly query: string;
}

/** Route, method and size. An OPTIONS request is answered here. */
export function findOperation(table: Table, request: HttpRequest): FoundOperation | HttpReply | Refusal {
  if (request.uri.length > URI_BYTES_MAX) {
    return refuse(
      "uri_too_long",
      `An address has at most ${URI_BYTES_MAX} bytes; POST /v1/commit takes long keys in its body.`,
    );
  }
  const { path, query } = splitTarget(request.uri);
  for (const route of table.paths) {
    const parts = matchPath(route, path);
    if (parts === undefined) continue;
    const { method } = request;
    const operation = route.methods[method] ?? (method === "HEAD" ? route.methods.GET : undefined);
    if (operation === undefined) return otherMethod(route, method);
    return judgeSize(operation, request) ?? { operation, ...parts, query };
  }
  return refuse("no_route", "There is no such route; GET /openapi.json lists them all.");
}

function matchPath(
  { prefix, tail, keyInPath }: TablePath,
  path: string,
): { segments: readonly string[]; key: string | null } | undefined {
  if (tail.length === 0) return path === prefix ? { segments: [], key: null } : undefined;
  if (!path.startsWith(prefix)) return undefined;
  const parts = path.slice(prefix.length).split("/");
  if (parts.length < tail.length || (parts.length > tail.length && !keyInPath)) return undefined;
  const segments: string[] = [];
  for (const [at, text] of tail.entries()) {
    const part = parts[at] ?? "";
    if (text === null ? part === "" : part !== text) return undefined;
    if (text === null) segments.push(part);
  }
  return { segments, key: parts.length === tail.length ? null : parts.slice(tail.length).join("/") };
}

function otherMethod({ allow }: TablePath, method: string): HttpReply | Refusal {
  if (method !== "OPTIONS")
    return refuse("method_not_allowed", `This path takes ${allow}.`, { headers: [["allow", allow]] });
  return {
    status: 204,
    headers: [
      ["allow", allow],
      ["cache-control", "no-store"],
      ["vary", VARY],
    ],
    body: "",
  };
}

function judgeSize({ body }: TableOperation, request: HttpRequest): Refusal | undefined {
  const size = request.body.length;
  if (body === null || size <= body.bytesMax) return undefined;
  return refuse("too_large", `The body has ${size} bytes; this route takes ${body.bytesMax}.`, {
    members: { limit: body.bytesMax, size },
  });
}

/** Parameters and conditions. Refuses what each kind refuses, and whatever the operation does not know. */
export function readInput(found: FoundOperation, request: HttpRequest): Outcome<InputValues> {
  const { operation } = found;
  const values: Record<string, unknown> = {};
  for (const [at, rule] of operation.path.entries()) {
    const value = parseParameter(rule, found.segments[at], "path");
    if (!value.ok) return value;
    values[rule.as] = value.value;
  }
  const query = parseQuery(found.query, operation.queryNames);
  if (!query.ok) return query;
  for (const rule of operation.query) {
    if (rule.kind.kind === "message") continue;
    const text = query.value.get(rule.name);
    const value = rule.kind.kind === "key" ? parseKey(found.key, text) : parseParameter(rule, text, "query");
    if (!value.ok) return value;
    values[rule.as] = value.value;
  }
  const headers = pickHeaders(request, operation.headerNames);
  return headers.ok ? readHeaders(operation, query.value, { headers: headers.value, values }) : headers;
}

function readHeaders(
  operation: TableOperation,
  query: Query,
  { headers, values }: { headers: Headers; values: Record<string, unknown> },
): Outcome<InputValues> {
  for (const rule of operation.headers) {
    const value =
      rule.kind.kind === "condition"
        ? parseWriteCondition(headers["if-match"], headers["if-none-match"])
        : rule.kind.kind === "message"
          ? parseMessage(query.get("message"), headers["ledge-message"])
          : parseParameter(rule, headers[rule.name], "header");
    if (!value.ok) return value;
    values[rule.as] = value.value;
  }
  return accept(values);
}

/** `path` is what stands behind the namespace's slash, null without one; `parameter` is `?key=` decoded. */
function parseKey(path: string | null, parameter: string | undefined): Outcome<string> {
  if (parameter !== undefined) {
    return path === null
      ? judgeKey(parameter)
      : refuse("bad_parameter", "Name the key in the path or in ?key=, not in both.");
  }
  if (path === null)
    return refuse("bad_parameter", "Name a key with ?key=; GET /v1/list shows what there is.");
  return parsePathKey(path);
}

/** Content-Type, Content-Encoding and Content-Range, before a body is looked at. */
export function readContentHeaders(request: HttpRequest): Outcome<MediaType> {
  const headers = pickHeaders(request, CONTENT_HEADERS, { strict: false });
  if (!headers.ok) return headers;
  if (headers.value["content-range"] !== undefined)
    return refuse("bad_header", "A body is sent whole, without Content-Range.");
  const encoding = headers.value["content-encoding"];
  if (encoding !== undefined && encoding !== "identity")
    return refuse("content_encoding", "Send the body as it is to be stored, without Content-Encoding.");
  return parseMediaType(headers.value["content-type"]);
}

const CONTENT_HEADERS = ["content-type", "content-encoding", "content-range"];
