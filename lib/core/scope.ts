/**
 * Scopes: what a grant covers inside a namespace. Empty is everything, a text that ends in "/" is a prefix,
 * anything else is one whole key: `a` covers the key "a" and never "ab".
 */
import { judgeKey } from "./key.ts";
import { accept, type Outcome, refuse } from "./refusal.ts";
import { utf8Length } from "./utf8.ts";

export const SCOPE_BYTES_MAX = 900;

export function judgeScope(scope: string): Outcome<string, "invalid_body"> {
  if (scope === "") return accept(scope);
  if (!judgeKey(scope).ok || utf8Length(scope) > SCOPE_BYTES_MAX) {
    return refuse(
      "invalid_body",
      `A scope is empty or follows the rules of keys, with at most ${SCOPE_BYTES_MAX} bytes.`,
    );
  }
  return accept(scope);
}

export function scopeCoversKey(scope: string, key: string): boolean {
  return scope === "" || key === scope || (scope.endsWith("/") && key.startsWith(scope));
}

/** Whether everything that `inner` covers is covered by `outer`. */
export function scopeCoversScope(outer: string, inner: string): boolean {
  return outer === "" || outer === inner || (outer.endsWith("/") && inner !== "" && inner.startsWith(outer));
}
