/** Where a state was read up to: which manifest, and the last document. Good for any source of the same bucket. */
import type { KeyPlace } from "../../snapshot/fold-merge.ts";
import type { ReadManifest } from "../../snapshot/read.ts";
import { SourceRefused } from "./refused.ts";

export interface StateCursor {
  readonly manifest: string;
  readonly sha256: string;
  readonly after: KeyPlace;
}

export function formatStateCursor({ name, sha256 }: ReadManifest, { namespace, key }: KeyPlace): string {
  return JSON.stringify([name, sha256, namespace, key]);
}

/** Throws SourceRefused `bad_parameter`. */
export function parseStateCursor(text: string): StateCursor {
  const members = listOf(text);
  const [manifest, sha256, namespace, key] = members;
  if (
    members.length !== 4 ||
    typeof manifest !== "string" ||
    typeof sha256 !== "string" ||
    typeof namespace !== "string" ||
    typeof key !== "string"
  )
    throw new SourceRefused("bad_parameter", "That is not the next page of a snapshot. Begin without it.");
  return { manifest, sha256, after: { namespace, key } };
}

function listOf(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
