/**
 * JSON bodies: the type that was sent, UTF-8, syntax, members that nobody knows, how many things are listed, members
 * given twice, depth, then the schema. Promise: what a body may cost is bounded by its size, and a refusal names at
 * most a hundred offences of it.
 */
import type * as z from "zod/mini";
import type { OperationBody } from "../api/operation.ts";
import type { HttpRequest } from "../core/http.ts";
import { isWithinDepth, JSON_DEPTH_MAX } from "../core/json-depth.ts";
import { CAUSES_MAX } from "../core/page-limits.ts";
import { accept, type Outcome, type RefusalError, refuse } from "../core/refusal.ts";
import { decodeUtf8 } from "../core/utf8.ts";
import { judgeJson, surveyItems, surveyJson } from "../store/documents/json-text.ts";
import type { Db } from "../store/sqlite/driver.ts";
import { readContentHeaders } from "./read-request.ts";

/** A schema of an object; of its members only the names are asked for here. */
export type BodySchema = z.ZodMiniType & { readonly shape: Readonly<Record<string, unknown>> };

/** The body by its schema. Refuses what JSON_BODY lists, and `too_many_changes`. Throws StoreFault. */
export function parseJsonBody(
  db: Db,
  request: HttpRequest,
  { rules, schema }: { rules: OperationBody; schema: BodySchema },
): Outcome<unknown> {
  const type = readContentHeaders(request);
  if (!type.ok) return type;
  if (type.value.essence !== "application/json")
    return refuse("media_type", "This route takes application/json.");
  const { body } = request;
  const text = decodeUtf8(body);
  if (text === undefined) return refuse("bad_json", "The body is not well-formed UTF-8.");
  const surveyed = survey(db, body, { rules, known: Object.keys(schema.shape) });
  if (!surveyed.ok) return surveyed;
  const judged = judgeJson(db, body);
  if (!judged.ok) return refuse("bad_json", `The body cannot be read: ${judged.why}.`);
  const value: unknown = JSON.parse(text);
  if (!isWithinDepth(value, JSON_DEPTH_MAX + (rules.wrapping ?? 0))) {
    return refuse("bad_json", `The body nests deeper than ${JSON_DEPTH_MAX}.`);
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? accept(parsed.data) : invalid(parsed.error.issues);
}

/** What SQLite sees of a body before it becomes values: too many of anything costs no more than the scan. */
function survey(
  db: Db,
  body: Uint8Array,
  { rules, known }: { rules: OperationBody; known: readonly string[] },
): Outcome<true> {
  const { counted } = rules;
  const found = surveyJson(db, body, { known, counted: counted?.member ?? null, limit: CAUSES_MAX });
  if (found === undefined) return refuse("bad_json", "The body cannot be read: it is not JSON.");
  if (found.unknown.length > 0)
    return invalid([{ path: [], message: "unknown members", keys: found.unknown }]);
  if (counted === undefined) return accept(true);
  if (found.count > counted.max)
    return refuse(
      "too_many_changes",
      `A commit holds at most ${counted.max} changes; this one has ${found.count}.`,
      { members: { limit: counted.max, size: found.count } },
    );
  const inItems = surveyItems(db, body, {
    list: counted.member,
    known: counted.itemMembers,
    limit: CAUSES_MAX,
  });
  if (inItems.length === 0) return accept(true);
  return invalid(
    inItems.map(({ index, name }) => ({ path: [counted.member, index], message: "", keys: [name] })),
  );
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function invalid(issues: readonly Issue[]): Outcome<never, "invalid_body"> {
  const errors: RefusalError[] = [];
  for (const { path, message, keys = [] } of issues) {
    if (errors.length >= CAUSES_MAX) break;
    for (const key of keys.slice(0, CAUSES_MAX - errors.length))
      errors.push(offence([...path, key], "this member is not known here"));
    if (keys.length === 0) errors.push(offence(path, message.slice(0, 200)));
  }
  const [first] = errors;
  return refuse(
    "invalid_body",
    `${first?.pointer || "The body"}: ${first?.detail ?? "it is not what this route takes"}.`,
    { errors },
  );
}

function offence(path: readonly PropertyKey[], detail: string): RefusalError {
  // RFC 6901: ~ and / inside a name are written ~0 and ~1.
  const pointer = path
    .map((part) => `/${String(part).slice(0, 100).replace(/~/g, "~0").replace(/\//g, "~1")}`)
    .join("");
  return { pointer, code: "invalid_body", detail };
}
