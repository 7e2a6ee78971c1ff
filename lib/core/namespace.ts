/**
 * Namespaces: names, and what a namespace document says. Names that begin with `_` are Ledge's own.
 */
import { accept, type Outcome, type Refusal, type RefusalError, refuse } from "./refusal.ts";
import { REFUSAL_DETAILS } from "./refusal-details.ts";

export const SYSTEM = "_system";
export const AUTH = "_auth";

export const NAMESPACE_RULE =
  "A namespace is a lower-case letter or digit and up to 62 more letters, digits or hyphens.";
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** A name that anybody may give to a namespace. */
export function isNamespaceName(name: string): boolean {
  return NAME.test(name);
}

export function isReserved(name: string): boolean {
  return name.startsWith("_");
}

/** Judges a name in a request; the reserved ones that exist are names too. Refuses `bad_namespace`. */
export function judgeNamespace(name: string): Outcome<string, "bad_namespace"> {
  if (NAME.test(name) || name === SYSTEM || name === AUTH) return accept(name);
  return refuse("bad_namespace", NAMESPACE_RULE);
}

/** The documents of Ledge's own namespaces are changed by administration only. */
export function reservedNamespace(errors?: readonly RefusalError[]): Refusal<"reserved_namespace"> {
  return refuse(
    "reserved_namespace",
    REFUSAL_DETAILS.reserved_namespace,
    errors === undefined ? {} : { errors },
  );
}

/** The name in a path segment, still percent-encoded. */
export function parsePathNamespace(segment: string): Outcome<string, "bad_namespace" | "bad_path"> {
  if (NAME.test(segment)) return accept(segment);
  try {
    return judgeNamespace(decodeURIComponent(segment));
  } catch {
    return refuse("bad_path", REFUSAL_DETAILS.bad_path);
  }
}

/** Key of the document in `_system` that is the namespace. */
export function namespaceKey(name: string): string {
  return `namespace/${name}`;
}
