/** What an agent answers of itself: whether it is ready, what it does, and what an earlier history held that is lost now. */
import type { Grant, Verb } from "../../lib/core/grant.ts";
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
import type { TokenBook } from "./tokens.ts";

export interface OwnRoutes {
  readonly agent: Agent;
  readonly tokens: TokenBook;
  readonly edge: string | undefined;
}

/** The answer; a refusal in the form that all have. The caller's token was asked about already. */
export function ownAnswer(own: OwnRoutes, sent: GuestRequest): GuestReply {
  const { request } = requestOf(sent);
  const path = request.uri.split("?", 1)[0] ?? "";
  if (request.method !== "GET" && request.method !== "HEAD")
    return refusalReply(
      refuse("method_not_allowed", `This path takes GET and HEAD.`, { headers: [["allow", "GET, HEAD"]] }),
    );
  if (path === "/healthz") return jsonAnswer(200, { ok: true });
  if (path === "/readyz") return readiness(own.agent);
  const needed: Verb = path === "/v1/agent/lost" ? "history" : "status";
  const grants = grantsOf(own, sent);
  if ("code" in grants) return refusalReply(grants);
  if (!grants.some(({ verbs }) => verbs.includes(needed))) return refusalReply(missing(needed));
  if (path === "/metrics")
    return {
      status: 200,
      headers: ["content-type", "text/plain; version=0.0.4", "cache-control", "no-store"],
      body: Buffer.from(agentMetrics(own.agent)),
    };
  if (path === "/v1/agent") return jsonAnswer(200, statusOf(own));
  if (path === "/v1/agent/lost") return lostAnswer(own.agent, request.uri, grants);
  return refusalReply(refuse("no_route", "There is nothing at this path of an agent."));
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
  return refuse("forbidden", `This needs a token with the verb ${verb}.`);
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

export function statusOf({ agent, edge }: Pick<OwnRoutes, "agent" | "edge">) {
  return {
    version: VERSION,
    ...(edge === undefined ? {} : { edge }),
    namespaces: [...agent.lanes.values()].map((lane) => {
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
