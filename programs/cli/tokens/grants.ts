/** Grants as people write them: `read,write:shop-prod/limits/`. */
import type { Grant } from "../../../lib/core/grant.ts";

export function formatGrant({ verbs, namespace, scope }: Grant): string {
  return `${verbs.join(",")}:${namespace}${scope === "" ? "" : `/${scope}`}`;
}
