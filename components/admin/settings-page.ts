/**
 * A page of reserved documents, for the lists of namespaces, of tokens and of policies. What of it the caller may see is the list's
 * to say; a page is filled with that, and its cursor names the last of them, so it tells of no others.
 */

import { formatCursor, parseCursor } from "../../lib/core/cursor.ts";
import { encodeParameter } from "../../lib/core/query.ts";
import { accept, type Outcome } from "../../lib/core/refusal.ts";
import type { Context } from "../../lib/http/context.ts";
import { listSettings, type ReservedNamespace, type Setting } from "../../lib/store/documents/settings.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";

const READ_AT_ONCE = 1_000;

export interface SettingsList {
  /** The cursor's kind, and the last part of the path. */
  readonly kind: "namespaces" | "tokens" | "policies" | "schemas" | "channels" | "edges" | "rollouts";
  readonly namespace: ReservedNamespace;
  readonly prefix: string;
  /** What the list was asked for besides, as a parameter of the next page; a cursor is good for that alone. */
  readonly filter?: { readonly name: string; readonly text: string };
  /** Whether the caller may see it, and asked for it. */
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
  { world, view }: Context,
  list: SettingsList,
): Outcome<SettingsPage> {
  const { kind } = list;
  const filter = list.filter === undefined ? [] : [list.filter.text];
  const cursor = text === undefined ? accept(undefined) : parseCursor(text, { kind, filter });
  if (!cursor.ok) return cursor;
  // One more than the page holds says whether there is a next page.
  const found = readVisible(world.db, list, { after: cursor.value?.after ?? "", count: limit + 1 });
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  if (found.length <= limit || last === undefined) return accept({ shown, next: {}, headers: [] });
  const { lineage, head } = view;
  const next = formatCursor({ kind, lineage, revision: head, filter, after: last.key });
  const asked = list.filter === undefined ? "" : `${list.filter.name}=${encodeParameter(list.filter.text)}&`;
  const link = `</v1/admin/${kind}?${asked}limit=${limit}&cursor=${next}>; rel="next"`;
  return accept({ shown, next: { next }, headers: [["link", link]] });
}

/** The next documents that the caller may see. Throws StoreFault. */
export function readVisible(
  db: Db,
  { namespace, prefix, shows }: Pick<SettingsList, "namespace" | "prefix" | "shows">,
  { after, count }: { after: string; count: number },
): Setting[] {
  const found: Setting[] = [];
  for (let place = after; ; ) {
    const settings = listSettings(db, namespace, { prefix, after: place, limit: READ_AT_ONCE });
    for (const setting of settings) {
      if (shows(setting)) found.push(setting);
      if (found.length === count) return found;
    }
    const last = settings.at(-1);
    if (last === undefined || settings.length < READ_AT_ONCE) return found;
    place = last.key;
  }
}
