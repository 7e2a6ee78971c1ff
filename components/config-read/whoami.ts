/** GET /v1/whoami: what the caller's token may do, and until when. */
import { parseQuery } from "../../lib/core/query.ts";
import { pickHeaders } from "../../lib/core/request-headers.ts";
import { formatTime } from "../../lib/core/time.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import { credentialsOf, requireCaller } from "../../lib/http/caller.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Target } from "../../lib/http/route.ts";

export function getWhoami(door: Door, { query }: Target): Answer {
  const found = requireCaller(door, credentialsOf(door.request));
  if (!found.ok) return found;
  const headers = pickHeaders(door.request, []);
  if (!headers.ok) return headers;
  const parameters = parseQuery(query, []);
  if (!parameters.ok) return parameters;
  const { token, accessor } = found.value.caller;
  if (token === null) throw new Error("requireCaller lets nobody through without a token");
  return jsonReply(200, {
    accessor,
    name: token.name,
    grants: token.grants,
    created: formatTime(token.createdMs),
    ...(token.expiresMs === null ? {} : { expires: formatTime(token.expiresMs) }),
  });
}
