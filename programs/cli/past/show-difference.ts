/** Documents of the past as the commands show them: their texts, and how they differ. */
import type { Document, LoggedChange } from "../../../lib/api/document-answers.ts";
import { formatBytes } from "../output.ts";
import { type ChangeKind, printChange, printPatch, readable, type Side } from "../patch.ts";

/** A document's bytes and type, wherever it stands in an answer. */
type Stored = Pick<Document, "mediaType" | "size" | "value" | "text" | "base64">;

/** What stood before and what stands after; null where there is no document. */
export interface Difference {
  /** What the change is called. */
  readonly name: string;
  readonly before: Standing | null;
  readonly after: Standing | null;
}

/** A document, and what it is called in a patch. */
export interface Standing {
  readonly name: string;
  readonly stored: Stored;
}

/** A change of a commit. An erased one has lost its values. */
function differenceOf({ op, namespace, key, before, mediaType, size, ...bytes }: LoggedChange): Difference {
  const name = `${namespace}/${key}`;
  return {
    name,
    before: before === undefined ? null : { name, stored: before },
    after: op === "put" ? { name, stored: { ...bytes, mediaType: mediaType ?? "", size: size ?? 0 } } : null,
  };
}

function kindOf({ before, after }: Difference): ChangeKind {
  return after === null ? "delete" : before === null ? "create" : "change";
}

/** The line of a change, and its patch where values came with it. */
export function printDifference(
  difference: Difference,
  { kind = kindOf(difference), patch }: { readonly kind?: ChangeKind | undefined; readonly patch: boolean },
): void {
  const { name, before, after } = difference;
  printChange(kind, name, describe(difference));
  if (patch && kind !== "erase") printPatch(sideOf(before), sideOf(after));
}

/** The same of a change of a commit. */
export function printLogged(change: LoggedChange, patch: boolean): void {
  printDifference(differenceOf(change), { patch, kind: eraseOf(change) });
}

/** What an erased document was is not known any more: the kind of its change is said outright. */
export function eraseOf({ op }: { readonly op: string }): "erase" | undefined {
  return op === "erase" ? "erase" : undefined;
}

function sideOf(side: Standing | null): Side {
  if (side === null) return null;
  const { text, mediaType } = side.stored;
  return { name: side.name, text: text === undefined ? undefined : readable(text, mediaType) };
}

function describe({ before, after }: Difference): string {
  if (before === null && after === null) return "";
  if (before === null) return `${formatBytes(after?.stored.size ?? 0)}, ${after?.stored.mediaType}`;
  if (after === null) return formatBytes(before.stored.size);
  const [was, is] = [formatBytes(before.stored.size), formatBytes(after.stored.size)];
  const size = was === is ? is : `${was} → ${is}`;
  const [oldType, newType] = [before.stored.mediaType, after.stored.mediaType];
  return oldType === newType ? size : `${size}, ${oldType} → ${newType}`;
}
