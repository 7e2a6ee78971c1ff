/** GET /v1/whoami: what the caller's token may do, and until when. */
import type { Whoami } from "../../lib/api/document-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import { formatTime } from "../../lib/core/time.ts";
import type { Context } from "../../lib/http/context.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import { shownGrants } from "../../lib/http/shown-grants.ts";

export function getWhoami(_input: Input<"whoami">, { caller }: Context): Result<Whoami> {
  const { token, accessor } = caller;
  if (token === null || accessor === null) throw new Error("nobody comes here without a token");
  return jsonReply(200, {
    accessor,
    name: token.name,
    grants: shownGrants(token.grants),
    created: formatTime(token.createdMs),
    ...(token.expiresMs === null ? {} : { expires: formatTime(token.expiresMs) }),
  });
}
