/**
 * The feed as server-sent events (WHATWG HTML, section 9.2): an event for each commit that the token may see, which says
 * "look again" and its revision, never a value. A stream is the same page asked for again and again, each time from where
 * the last one ended, so each look judges the caller anew; the host keeps it open (lib/core/waiting.ts). A host that parks
 * no requests (Spin) cannot, and answers with JSON.
 */
import type { FeedPage as FeedAnswer } from "../../lib/api/document-answers.ts";
import { STREAM_HEADER } from "../../lib/core/waiting.ts";
import type { Context } from "../../lib/http/context.ts";
import { hostParks } from "../../lib/http/host-parks.ts";
import { textReply } from "../../lib/http/reply.ts";
import type { Reply } from "../../lib/http/result.ts";

/** Whoever hears nothing for so long is told that there is nothing, so that no proxy takes the connection for dead. */
const SILENCE_SECONDS = 15;

/** Only who may wait gets a stream: not a caller without a token. */
export function wantsEvents({ request, caller, world }: Context): boolean {
  return (
    request.method === "GET" &&
    caller.token !== null &&
    request.headers.some(([name, value]) => name === "accept" && value.includes("text/event-stream")) &&
    hostParks(world)
  );
}

export interface EventPage {
  /** The revisions of its commits, in order. */
  readonly revisions: readonly number[];
  /** How far it looked. */
  readonly revision: number;
  readonly query: {
    readonly namespaces: readonly string[] | null;
    readonly prefix: string;
    readonly limit: number;
  };
  cursorAt(revision: number): string;
}

/** A page as events. The last line moves the client's place past what it may not see. */
export function eventsReply(
  { revisions, revision, query, cursorAt }: EventPage,
  headers: readonly (readonly [string, string])[],
): Reply<FeedAnswer> {
  const events = revisions.map((one) => `id: ${cursorAt(one)}\ndata: {"revision":${one}}\n\n`);
  const place =
    revisions.at(-1) === revision ? "" : `: looked up to revision ${revision}\nid: ${cursorAt(revision)}\n\n`;
  const { headers: all, ...rest } = textReply<FeedAnswer>(200, events.join("") + place, [
    ...headers,
    [STREAM_HEADER, nextUri(query, cursorAt(revision))],
  ]);
  return {
    ...rest,
    headers: all.map(([name, value]) => [name, name === "content-type" ? "text/event-stream" : value]),
  };
}

function nextUri({ namespaces, prefix, limit }: EventPage["query"], cursor: string): string {
  const about = [
    ...(namespaces === null ? [] : [`&ns=${namespaces.join()}`]),
    ...(prefix === "" ? [] : [`&prefix=${encodeURIComponent(prefix)}`]),
  ];
  return `/v1/changes?cursor=${cursor}&limit=${limit}&wait=${SILENCE_SECONDS}${about.join("")}`;
}
