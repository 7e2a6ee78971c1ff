/**
 * One parameter or header from its text to the value of its kind. Refuses `bad_parameter` and `bad_header`, each by
 * name, and the names of things by codes of their own.
 */

import type { Kind } from "../api/parameters.ts";
import type { Rule } from "../api/table.ts";
import { parseTagList } from "../core/conditions.ts";
import { foreignCursor } from "../core/cursor.ts";
import { judgeKey } from "../core/key.ts";
import { parseIdempotencyKey, traceIdOf } from "../core/message.ts";
import {
  isNamespaceName,
  isReserved,
  judgeNamespace,
  NAMESPACE_RULE,
  parsePathNamespace,
  reservedNamespace,
} from "../core/namespace.ts";
import { REVISION_PATTERN } from "../core/patterns.ts";
import { parsePoint } from "../core/point.ts";
import { accept, type Outcome, refuse } from "../core/refusal.ts";
import { parseTime } from "../core/time.ts";
import { isAccessor } from "../core/token.ts";
import { utf8Length } from "../core/utf8.ts";

const REVISION = new RegExp(REVISION_PATTERN);

export type ParameterPlace = "path" | "query" | "header";

/** `text` is what was sent, of a path still percent-encoded; undefined when it is absent. */
export function parseParameter(
  { name, kind }: Rule,
  text: string | undefined,
  place: ParameterPlace,
): Outcome<unknown> {
  if (text === undefined) return accept(absent(kind));
  const bad = (says: string) =>
    place === "header"
      ? refuse("bad_header", `The header ${name} ${says}.`)
      : refuse("bad_parameter", `${name} ${says}.`);
  switch (kind.kind) {
    case "integer": {
      const value = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : -1;
      return value < kind.min || value > kind.max
        ? bad(`is a whole number from ${kind.min} to ${kind.max}`)
        : accept(value);
    }
    case "choice":
      return kind.of.includes(text) ? accept(text) : bad(`is one of ${kind.of.join(", ")}`);
    case "flag":
      return text === "true" || text === "false" ? accept(text === "true") : bad("is true or false");
    case "text":
      return kind.pattern === undefined || new RegExp(kind.pattern).test(text)
        ? accept(text)
        : bad(`is ${kind.says ?? `like ${kind.pattern}`}`);
    case "moment":
      return parseTime(text) === undefined ? bad("is written like 2026-01-31T12:00:00Z") : accept(text);
    case "point": {
      const point = parsePoint(text);
      return point === undefined || (point.revision ?? kind.min) < kind.min
        ? bad(`is a revision from ${kind.min} on, or a moment like 2026-01-31T12:00:00Z`)
        : accept(point);
    }
    case "bytes":
      if (text.includes("\0")) return bad("holds no zero byte");
      return kind.bytesMax !== undefined && utf8Length(text) > kind.bytesMax
        ? bad(`has at most ${kind.bytesMax} bytes`)
        : accept(text);
    case "namespace":
      return parsePathNamespace(text);
    case "ownNamespace":
      return isNamespaceName(text) ? accept(text) : refuse("bad_namespace", NAMESPACE_RULE);
    case "writtenNamespace": {
      const namespace = parsePathNamespace(text);
      return namespace.ok && isReserved(namespace.value) ? reservedNamespace() : namespace;
    }
    case "namespaceFilter":
      return judgeNamespace(text);
    case "keyFilter":
      return judgeKey(text);
    case "accessor":
      return isAccessor(text) ? accept(text) : noToken();
    case "revision":
      return REVISION.test(text) ? accept(Number(text)) : bad("is a whole number from 1");
    case "cursor":
      return kind.pattern === undefined || new RegExp(kind.pattern).test(text)
        ? accept(text)
        : foreignCursor();
    case "tags":
      return parseTagList(name, text);
    case "idempotencyKey":
      return parseIdempotencyKey(text);
    case "trace":
      return accept(traceIdOf(text));
    default:
      return accept(text);
  }
}

/** The same answer for a token that is not there and for one that the caller may not manage. */
export function noToken(): Outcome<never, "not_found"> & { ok: false } {
  return refuse("not_found", "There is no such token, or it is not yours to manage.");
}

/** What a handler is given where nothing was sent. */
function absent(kind: Kind): unknown {
  switch (kind.kind) {
    case "integer":
    case "choice":
      return kind.default;
    case "flag":
      return false;
    case "bytes":
      return "";
    case "text":
    case "namespaceFilter":
    case "keyFilter":
    case "idempotencyKey":
    case "trace":
      return null;
    default:
      return undefined;
  }
}
