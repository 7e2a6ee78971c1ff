/**
 * What concerns one namespace: its documents, and those of `_system` that belong to it. Promise: the same as a token may
 * read that has `read` on the whole namespace and nothing else, because an agent that follows the origin has that.
 */
import { allowsKey, type Grant } from "../../core/grant.ts";
import { isNamespaceName, SYSTEM } from "../../core/namespace.ts";
import { SourceRefused } from "./refused.ts";

export interface Concern {
  readonly namespace: string;
  /** Whether a document is one of them. */
  covers(place: { readonly namespace: string; readonly key: string }): boolean;
  /** Whether an object with changes of these namespaces can hold one of them. */
  touches(namespaces: readonly string[]): boolean;
}

/** Throws SourceRefused for what is not the name of an ordinary namespace. */
export function concernOf(namespace: string): Concern {
  if (!isNamespaceName(namespace))
    throw new SourceRefused("bad_parameter", `${JSON.stringify(namespace)} is not the name of a namespace.`);
  const grants: readonly Grant[] = [{ verbs: ["read"], namespace, scope: "" }];
  return {
    namespace,
    covers: (place) => allowsKey(grants, "read", place.namespace, place.key),
    touches: (namespaces) => namespaces.some((one) => one === namespace || one === SYSTEM),
  };
}
