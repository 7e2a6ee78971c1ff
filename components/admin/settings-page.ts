/**
 * A page of reserved documents, for the lists of namespaces and of tokens. What of it the caller may see is the list's
 * to say; a page is filled with that, and holds nothing else. One page looks at a bounded number of documents, so its
 * cursor may stand at one that the caller may not know: it is sealed, and that place hidden.
 */

import { accept, type Outcome } from "../../lib/core/refusal.ts";
import { openCursor, sealCursor } from "../../lib/core/sealed-cursor.ts";
import type { Context } from "../../lib/http/context.ts";
import { sealFor } from "../../lib/http/seal.ts";
import { listSettings, type ReservedNamespace, type Setting } from "../../lib/store/documents/settings.ts";

/** How many documents are read at a time, and for one page at most. */
const READ = { atOnce: 1_000, most: 10_000 };

export interface SettingsList {
  /** The cursor's kind, and the last part of the path. */
  readonly kind: "namespaces" | "tokens";
  readonly namespace: ReservedNamespace;
  readonly prefix: string;
  /** Whether the caller may see it. */
  shows(setting: Setting): boolean;
}

export interface SettingsPage {
  readonly shown: readonly Setting[];
  /** The cursor of the next page, as a member and as a header. */
  readonly next: { readonly next?: string };
  readonly headers: readonly (readonly [string, string])[];
}

/** Refuses `bad_cursor`. Throws StoreFault. */
export function settingsPage(
  { limit, cursor: text }: { readonly limit: number; readonly cursor: string | undefined },
  context: Context,
  list: SettingsList,
): Outcome<SettingsPage> {
  const { kind } = list;
  const cursor =
    text === undefined ? accept(undefined) : openCursor(text, { kind, filter: [] }, sealFor(context));
  if (!cursor.ok) return cursor;
  const { shown, after } = readVisible(context, list, { after: cursor.value?.after ?? "", limit });
  if (after === null) return accept({ shown, next: {}, headers: [] });
  const { lineage, head } = context.view;
  const place = { kind, lineage, revision: head, filter: [], after };
  const next = sealCursor(place, sealFor(context), { hidden: true });
  const link = `</v1/admin/${kind}?limit=${limit}&cursor=${next}>; rel="next"`;
  return accept({ shown, next: { next }, headers: [["link", link]] });
}

/** The next documents that may be seen; `after` is where to go on, null at the end. */
function readVisible(
  { world }: Context,
  { namespace, prefix, shows }: SettingsList,
  { after, limit }: { after: string; limit: number },
): { shown: Setting[]; after: string | null } {
  const shown: Setting[] = [];
  let place = after;
  for (let read = 0; read < READ.most; read += READ.atOnce) {
    const settings = listSettings(world.db, namespace, { prefix, after: place, limit: READ.atOnce });
    for (const setting of settings) {
      if (!shows(setting)) continue;
      // One more than the page holds: the page ends at the last one shown.
      if (shown.length === limit) return { shown, after: shown.at(-1)?.key ?? place };
      shown.push(setting);
    }
    if (settings.length < READ.atOnce) return { shown, after: null };
    place = settings.at(-1)?.key ?? place;
  }
  return { shown, after: place };
}
