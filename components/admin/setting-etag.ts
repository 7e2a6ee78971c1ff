/** The ETag of a settings document. */
import type { Setting } from "../../lib/store/documents/settings.ts";

export function etagOf({ revision, lineage }: Pick<Setting, "revision" | "lineage">): string {
  return `"${revision}-${lineage}"`;
}
