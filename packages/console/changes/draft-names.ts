/** Which documents have a draft in this browser. The navigation counts them, so this is small. */
import { signal } from "@preact/signals";

export const DRAFT = "ledge-draft:";

export interface DraftName {
  readonly namespace: string;
  readonly key: string;
}

export const draftNames = signal<readonly DraftName[]>(namesKept());

// Another tab has written or dropped one.
addEventListener("storage", lookForDrafts);

export function hasDraft(namespace: string, key: string): boolean {
  return draftNames.value.some((one) => one.namespace === namespace && one.key === key);
}

export function lookForDrafts(): void {
  draftNames.value = namesKept();
}

function namesKept(): DraftName[] {
  try {
    return Object.keys(localStorage)
      .filter((name) => name.startsWith(DRAFT))
      .sort()
      .map((name) => {
        const place = name.slice(DRAFT.length);
        const cut = place.indexOf("/");
        return { namespace: place.slice(0, cut), key: place.slice(cut + 1) };
      });
  } catch {
    // A browser that keeps nothing for this page has no drafts.
    return [];
  }
}
