/** Pages: items of JSON between two ends, and where to go on, in the body and as a link (RFC 8288). */
import { encodeParameter } from "../core/query.ts";
import type { Pieces } from "../store/documents/shown.ts";
import { concatenate, type Shown, shownHeaders, textReply } from "./reply.ts";
import type { Reply } from "./result.ts";

/** A JSON object's text without its last brace. */
interface PageText {
  readonly start: string;
  readonly items: Pieces;
  readonly end: string;
}

/** The same question again, with a cursor. Parameters that are null stay away. */
interface Next {
  readonly path: string;
  readonly query: Readonly<Record<string, string | number | null>>;
  readonly cursor: string;
}

/** 200, with `next` where there is more. */
export function nextPage<Body>(
  { start, items, end }: PageText,
  shown: Shown,
  next: Next | null,
  more: readonly [string, string][] = [],
): Reply<Body> {
  const headers = [...shownHeaders(shown), ...more];
  if (next === null) return textReply(200, concatenate([start, ...items, `${end}}`]), headers);
  headers.push(["link", `<${addressOf(next)}>; rel="next"`]);
  return textReply(200, concatenate([start, ...items, `${end},"next":"${next.cursor}"}`]), headers);
}

function addressOf({ path, query, cursor }: Next): string {
  const parts = Object.entries(query).flatMap(([name, value]) =>
    value === null ? [] : [`${name}=${encodeParameter(String(value))}`],
  );
  return `${path}?${[...parts, `cursor=${cursor}`].join("&")}`;
}

/** Items of several pieces, with commas between them. */
export function itemsJoined(items: readonly Pieces[]): Pieces {
  return items.flatMap((pieces, index) => (index === 0 ? pieces : [",", ...pieces]));
}
