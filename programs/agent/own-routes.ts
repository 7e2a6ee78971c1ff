/** What an agent answers of itself: whether it is ready, what it does, and what an earlier history held that is lost now. */
import { allowsSome, type Grant, type Verb } from "../../lib/core/grant.ts";
import { type Refusal, refuse } from "../../lib/core/refusal.ts";
import { parseTokenDocument } from "../../lib/core/token.ts";
import { VERSION } from "../../lib/core/version.ts";
import { accessorOf, credentialsOf, judgeCaller, unauthenticated } from "../../lib/http/caller.ts";
import type { Agent } from "../../packages/agent/index.ts";
import type { Lane } from "../../packages/agent/lane.ts";
import { refusalReply } from "../host/front/sending.ts";
import type { GuestReply, GuestRequest } from "../host/pool/protocol.ts";
import { requestOf } from "../native/messages.ts";
import { jsonAnswer } from "./json-answer.ts";
import { lostAnswer } from "./lost-route.ts";
import { agentMetrics } from "./metrics.ts";
import { strangeParameter } from "./strange-parameter.ts";
import type { TokenBook } from "./tokens.ts";

export interface OwnRoutes {
  readonly agent: Agent;
  readonly tokens: TokenBook;
  readonly edge: string | undefined;
}

/**
 * The answer; a refusal in the form that all have. The caller's token was asked about already. Of the namespaces those are shown of
 * which it may know.
 */
export function ownAnswer(own: OwnRoutes, sent: GuestRequest): GuestReply {
  const { request } = requestOf(sent);
  const path = request.uri.split("?", 1)[0] ?? "";
  if (request.method !== "GET" && request.method !== "HEAD")
    return refusalReply(
      refuse("method_not_allowed", `This path takes GET and HEAD.`, { headers: [["allow", "GET, HEAD"]] }),
    );
  if (path === "/healthz") return jsonAnswer(200, { ok: true });
  if (path === "/readyz") return readiness(own.agent);
  const grants = grantsOf(own, sent);
  if ("code" in grants) return refusalReply(grants);
  if (path === "/v1/agent/lost")
    return holds(grants, "history")
      ? lostAnswer(own.agent, request.uri, grants)
      : refusalReply(missing("history"));
  const shown = [...own.agent.lanes.values()].filter(({ namespace }) =>
    allowsSome(grants, "status", namespace),
  );
  if (shown.length === 0) return refusalReply(missing("status"));
  if (path === "/metrics")
    return {
      status: 200,
      headers: ["content-type", "text/plain; version=0.0.4", "cache-control", "no-store"],
      body: Buffer.from(agentMetrics(shown)),
    };
  if (path !== "/v1/agent")
    return refusalReply(refuse("no_route", "There is nothing at this path of an agent."));
  const strange = strangeParameter(request.uri, []);
  return strange === undefined ? jsonAnswer(200, statusOf(own.edge, shown)) : refusalReply(strange);
}

function holds(grants: readonly Grant[], verb: Verb): boolean {
  return grants.some(({ verbs }) => verbs.includes(verb));
}

/** What the caller's token holds, once its secret was compared; or why it is not taken. */
export function grantsOf(
  { tokens }: Pick<OwnRoutes, "tokens">,
  sent: GuestRequest,
): readonly Grant[] | Refusal {
  const credentials = credentialsOf(requestOf(sent).request);
  const accessor = accessorOf(credentials);
  const text = accessor === null ? undefined : tokens.documentOf(accessor);
  const document = text !== undefined && parseTokenDocument(text) === undefined ? undefined : text;
  const caller = judgeCaller(credentials, document ?? null, Date.now());
  if (!caller.ok) return caller;
  return caller.value.token === null ? unauthenticated() : caller.value.grants;
}

function missing(verb: Verb): Refusal {
  return refuse(
    "forbidden",
    `This needs a token with the verb ${verb} for a namespace that this agent follows.`,
  );
}

/** 200 once every namespace has a state, however old: an agent serves what it has. */
function readiness({ lanes }: Agent): GuestReply {
  const waiting = [...lanes.values()].filter((lane) => lane.replica === undefined);
  if (waiting.length === 0) return jsonAnswer(200, { ready: true });
  const causes = waiting.map(({ namespace, state }) => ({ namespace, ...troubleOf(state) }));
  return jsonAnswer(503, { ready: false, waiting: causes }, ["retry-after", "1"]);
}

function troubleOf({ refusal, trouble, loaded }: Lane["state"]) {
  return {
    ...(refusal === undefined ? {} : { refusal }),
    ...(trouble === undefined ? {} : { trouble }),
    ...(loaded === undefined ? {} : { documentsLoaded: loaded }),
  };
}

function statusOf(edge: string | undefined, lanes: readonly Lane[]) {
  return {
    version: VERSION,
    ...(edge === undefined ? {} : { edge }),
    namespaces: lanes.map((lane) => {
      const { namespace, subject, state, lost } = lane;
      const { place, source, from, head } = state;
      const age = state.ageSeconds();
      return {
        namespace,
        ...(subject.channel === undefined ? {} : { channel: subject.channel, pointer: state.pointer }),
        ...(place === undefined ? {} : { lineage: place.lineage, revision: place.revision }),
        head,
        source: source?.kind ?? "none",
        ...(source === undefined ? {} : { from: source.name }),
        ...(age === undefined ? {} : { ageSeconds: Math.floor(age) }),
        ...(from === "previous" ? { copy: true } : {}),
        ...troubleOf(state),
        ...(lost.length === 0 ? {} : { lost: lost.map(({ lineage, revision }) => ({ lineage, revision })) }),
      };
    }),
  };
}
