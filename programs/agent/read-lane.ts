/**
 * Requests to one lane, by the read handlers of an origin. Promise: an answer says where its state is from and how old that
 * may be; who asks for nothing older than so many seconds is refused where it may be older.
 */
import migrations from "ledge:migrations";
import { configRead } from "../../components/config-read/handler.ts";
import type { HttpReply } from "../../lib/core/http.ts";
import { refuse } from "../../lib/core/refusal.ts";
import { type AnswerOrPark, ask } from "../../lib/engines/node/ask.ts";
import { nodeWorld } from "../../lib/engines/node/world.ts";
import { problemOf } from "../../lib/http/faults.ts";
import type { Lane } from "../../packages/agent/lane.ts";
import type { JobResult } from "../host/engine.ts";
import type { GuestRequest } from "../host/pool/protocol.ts";
import { andThen, type Soon } from "../host/soon.ts";
import { guestReplyOf, requestOf } from "../native/messages.ts";
import { laneDb } from "./lane-db.ts";
import { stalenessTaken, stateHeaders, viaHeaders } from "./state-headers.ts";

const SERVICE = configRead(migrations);
/** Nothing here commits or calls: config-read only reads. */
const ACTING = {
  commit: () => Promise.reject(new Error("an agent commits nothing")),
  call: () => Promise.resolve(undefined),
};
const NO_VARIABLES = { host_parks: "true" };

export interface LaneReader {
  readonly lane: Lane;
  read(request: GuestRequest): Soon<JobResult>;
}

export function laneReader(
  lane: Lane,
  { documentOf, write }: { documentOf(accessor: string): string | undefined; write(line: string): void },
): LaneReader {
  const world = nodeWorld({ db: laneDb(lane, documentOf), variables: NO_VARIABLES, write });
  return {
    lane,
    read(sent) {
      const { request, waited } = requestOf(sent);
      const stale = elsewhere(sent) ?? staleness(lane, sent) ?? notHere(lane);
      if (stale !== undefined) return { type: "reply", reply: guestReplyOf(problemOf(stale, world)) };
      const asked = ask({ service: SERVICE, acting: ACTING }, request, world, waited);
      return andThen<AnswerOrPark, JobResult>(asked, (one) => ({
        type: "reply",
        reply: guestReplyOf("park" in one ? one : withState(one, lane, sent)),
      }));
    },
  };
}

/** What a channel points at is told to agents behind this one; the past is the origin's. */
function elsewhere({ uri }: GuestRequest) {
  const [path = "", query = ""] = uri.split("?", 2);
  if (!path.startsWith("/v1/diff/") || new URLSearchParams(query).has("channel")) return undefined;
  return refuse(
    "not_served_here",
    "An agent compares only with what a channel gives an edge. Ask the origin.",
  );
}

function notHere(lane: Lane) {
  if (lane.replica !== undefined) return undefined;
  return refuse("not_ready", `This agent has no state of ${lane.namespace} yet. Its /readyz says why.`, {
    headers: [["retry-after", "1"]],
  });
}

/** What it is judged by comes before the caller: the age of a state is no secret, as its revision is none. */
function staleness(lane: Lane, { headers }: GuestRequest) {
  const most = stalenessTaken(headers);
  const age = lane.state.ageSeconds();
  if (most === undefined || age === undefined || age <= most) return undefined;
  return refuse(
    "too_stale",
    `What is here was last known to be the newest state ${Math.floor(age)} seconds ago.`,
    { members: { ageSeconds: Math.floor(age) }, headers: [["retry-after", "1"]] },
  );
}

/** An answer that may be given again stays one: what is put on here is said anew each time (kept-answers.ts). */
function withState(reply: HttpReply, lane: Lane, { uri }: GuestRequest): HttpReply {
  const via = uri.startsWith("/v1/changes") ? viaHeaders(lane) : [];
  return { ...reply, headers: [...reply.headers, ...stateHeaders(lane), ...via] };
}
