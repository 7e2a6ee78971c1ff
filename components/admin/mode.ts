/** /v1/admin/mode: open, or read-only, in which the kernel refuses every commit but the one that ends it. */
import { isRoot } from "../../lib/core/grant.ts";
import { SYSTEM } from "../../lib/core/namespace.ts";
import { parseQuery } from "../../lib/core/query.ts";
import { pickHeaders } from "../../lib/core/request-headers.ts";
import type { Answer, Door } from "../../lib/door/answer.ts";
import { parseJsonBody } from "../../lib/door/body.ts";
import { forbidden } from "../../lib/door/caller.ts";
import { jsonReply } from "../../lib/door/reply.ts";
import type { Target } from "../../lib/door/route.ts";
import { readFacts } from "../../lib/store/admin.ts";
import { ModeBody } from "../../lib/wire/admin-bodies.ts";
import { ANY, changeReserved, proposerOf } from "./reserved.ts";
import { judgeJsonRequest, requireAdmin } from "./tokens.ts";

const BODY_MAX = 1024;

export function getMode(door: Door, { query }: Target): Answer {
  const admin = requireAdmin(door);
  if (!admin.ok) return admin;
  const headers = pickHeaders(door.request, []);
  if (!headers.ok) return headers;
  const parameters = parseQuery(query, []);
  if (!parameters.ok) return parameters;
  return jsonReply(200, { mode: readFacts(door.world.db).mode });
}

export function putMode(door: Door, { query }: Target): Answer {
  const admin = requireAdmin(door);
  if (!admin.ok) return admin;
  if (!isRoot(admin.value.caller.grants)) return forbidden(admin.value.caller, "admin", "*");
  const unfit = judgeJsonRequest(door, query);
  if (!unfit.ok) return unfit;
  const body = parseJsonBody(door.world.db, door.request, { schema: ModeBody, bytesMax: BODY_MAX });
  if (!body.ok) return body;
  const { mode } = body.value;
  return changeReserved(
    door,
    proposerOf(admin.value.caller),
    { namespace: SYSTEM, key: "mode", value: { mode }, state: ANY },
    () => jsonReply(200, { mode }),
  );
}
