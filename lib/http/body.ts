/**
 * JSON bodies: the type that was sent, size, UTF-8, syntax, members given twice, depth, then the schema. Every
 * door that takes JSON goes through here, so that they refuse alike.
 */
import type * as z from "zod/mini";
import type { HttpRequest } from "../core/http.ts";
import { isWithinDepth, JSON_DEPTH_MAX } from "../core/json-depth.ts";
import { parseMediaType } from "../core/media-type.ts";
import { accept, type Outcome, type RefusalError, refuse } from "../core/refusal.ts";
import { decodeUtf8 } from "../core/utf8.ts";
import { judgeJson } from "../store/documents/json-text.ts";
import type { Db } from "../store/sqlite/driver.ts";

const ERRORS_MAX = 20;

export interface BodyRules<T> {
  readonly schema: z.ZodMiniType<T>;
  readonly bytesMax: number;
  /** How many levels of the depth belong to the body and not to the values in it. */
  readonly wrapping?: number;
}

/** Content-Type and Content-Encoding of a request, judged before its body is looked at. */
export function judgeJsonHeaders(
  contentType: string | undefined,
  encoding: string | undefined,
): Outcome<true> {
  if (encoding !== undefined && encoding !== "identity") {
    return refuse("content_encoding", "Send the body as it is, without Content-Encoding.");
  }
  const type = parseMediaType(contentType);
  if (!type.ok) return type;
  return type.value.essence === "application/json"
    ? accept(true)
    : refuse("media_type", "This route takes application/json.");
}

/** The body by its schema. Refuses too_large, bad_json and invalid_body. Throws StoreFault. */
export function parseJsonBody<T>(db: Db, { body }: HttpRequest, rules: BodyRules<T>): Outcome<T> {
  if (body.length > rules.bytesMax) {
    return refuse("too_large", `The body has ${body.length} bytes; this route takes ${rules.bytesMax}.`, {
      members: { limit: rules.bytesMax, size: body.length },
    });
  }
  const text = decodeUtf8(body);
  if (text === undefined) return refuse("bad_json", "The body is not well-formed UTF-8.");
  const judged = judgeJson(db, body);
  if (!judged.ok) return refuse("bad_json", `The body cannot be read: ${judged.why}.`);
  const value: unknown = JSON.parse(text);
  if (!isWithinDepth(value, JSON_DEPTH_MAX + (rules.wrapping ?? 0))) {
    return refuse("bad_json", `The body nests deeper than ${JSON_DEPTH_MAX}.`);
  }
  const parsed = rules.schema.safeParse(value);
  return parsed.success ? accept(parsed.data) : invalid(parsed.error.issues);
}

interface Issue {
  readonly code?: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function invalid(issues: readonly Issue[]): Outcome<never, "invalid_body"> {
  const errors = issues.slice(0, ERRORS_MAX).flatMap((issue): RefusalError[] => {
    if (issue.keys !== undefined)
      return issue.keys.map((key) => error([...issue.path, key], "this member is not known here"));
    return [error(issue.path, issue.message.slice(0, 200))];
  });
  const first = errors[0];
  return refuse(
    "invalid_body",
    `${first?.pointer || "The body"}: ${first?.detail ?? "it is not what this route takes"}.`,
    { errors },
  );
}

function error(path: readonly PropertyKey[], detail: string): RefusalError {
  // RFC 6901: ~ and / inside a name are written ~0 and ~1.
  const pointer = path
    .map((part) => `/${String(part).slice(0, 100).replace(/~/g, "~0").replace(/\//g, "~1")}`)
    .join("");
  return { pointer, code: "invalid_body", detail };
}
