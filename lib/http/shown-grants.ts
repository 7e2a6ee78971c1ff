/** Grants as answers show them. */
import type { Whoami } from "../api/document-answers.ts";
import type { Grant } from "../core/grant.ts";

export function shownGrants(grants: readonly Grant[]): Whoami["grants"] {
  return grants.map(({ verbs, namespace, scope }) => ({ verbs: [...verbs], namespace, scope }));
}
