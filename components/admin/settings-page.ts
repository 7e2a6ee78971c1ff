/**
 * A page of reserved documents, for the lists of namespaces and of tokens: its parameters, its cursor, and the
 * link to the next. What of it the caller may see is the list's to say; a page
 * and its cursor hold nothing else.
 */
import { formatCursor, parseCursor } from "../../lib/core/cursor.ts";
import { integerParameter, parseQuery } from "../../lib/core/query.ts";
import { accept } from "../../lib/core/refusal.ts";
import { pickHeaders } from "../../lib/core/request-headers.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import type { Caller } from "../../lib/http/caller.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import { listSettings, type ReservedNamespace, type Setting } from "../../lib/store/documents/settings.ts";
import { requireAdmin } from "./admin-caller.ts";

const PAGE = 100;
const PAGE_MAX = 1000;

export interface SettingsList {
  /** The cursor's kind, the member of the answer and the last part of the path. */
  readonly kind: "namespaces" | "tokens";
  readonly namespace: ReservedNamespace;
  readonly prefix: string;
  /** Whether the caller may see it. */
  shows(caller: Caller, setting: Setting): boolean;
  view(setting: Setting): unknown;
}

/** The answer to a list of settings. Refuses what requireAdmin, parseQuery and parseCursor refuse. */
export function settingsPage(door: Door, query: string, list: SettingsList): Answer {
  const { kind } = list;
  const found = requireAdmin(door);
  if (!found.ok) return found;
  const parameters = parseQuery(query, ["limit", "cursor"]);
  if (!parameters.ok) return parameters;
  const headers = pickHeaders(door.request, []);
  if (!headers.ok) return headers;
  const limit = integerParameter(parameters.value, "limit", { min: 1, max: PAGE_MAX });
  if (!limit.ok) return limit;
  const text = parameters.value.get("cursor");
  const cursor = text === undefined ? accept(undefined) : parseCursor(text, { kind, filter: [] });
  if (!cursor.ok) return cursor;
  const size = limit.value ?? PAGE;
  const { caller, view } = found.value;
  const page = visible(door, list, { caller, after: cursor.value?.after ?? "", count: size + 1 });
  const shown = page.slice(0, size);
  const items = shown.map((setting) => list.view(setting));
  const last = shown.at(-1);
  if (page.length <= size || last === undefined) return jsonReply(200, { [kind]: items });
  const next = formatCursor({
    kind,
    lineage: view.lineage,
    revision: view.head,
    filter: [],
    after: last.key,
  });
  return jsonReply(200, { [kind]: items, next }, [
    ["link", `</v1/admin/${kind}?limit=${size}&cursor=${next}>; rel="next"`],
  ]);
}

/** The next settings that the caller may see: a cursor names the last of them, so it tells of no others. */
function visible(
  door: Door,
  { namespace, prefix, shows }: SettingsList,
  { caller, after, count }: { caller: Caller; after: string; count: number },
): Setting[] {
  const found: Setting[] = [];
  const limit = Math.max(count, PAGE);
  for (let place = after; ; ) {
    const page = listSettings(door.world.db, namespace, { prefix, after: place, limit });
    for (const setting of page) {
      if (shows(caller, setting)) found.push(setting);
      if (found.length === count) return found;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return found;
    place = last.key;
  }
}
