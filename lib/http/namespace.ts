/** Whether a namespace that a request names is there. Asked only once the caller was judged. */
import { isReserved } from "../core/namespace.ts";
import { type Refusal, refuse } from "../core/refusal.ts";

export function requireNamespace(
  name: string,
  view: { readonly namespace: string | null },
): Refusal<"namespace_not_found"> | undefined {
  if (view.namespace !== null || isReserved(name)) return undefined;
  return refuse("namespace_not_found", `There is no namespace ${name}; an administrator can make it.`);
}
