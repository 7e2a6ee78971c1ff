/**
 * /healthz: the component answers. /readyz: the store can be served, and written to unless somebody closed it.
 * Neither speaks of backups: those are warnings in status and metrics, never a failing probe.
 */
import { parseQuery } from "../../lib/core/query.ts";
import type { Answer, Door } from "../../lib/door/answer.ts";
import { judgeStore } from "../../lib/door/caller.ts";
import { judgeDurability } from "../../lib/door/durable.ts";
import { jsonReply } from "../../lib/door/reply.ts";
import type { Target } from "../../lib/door/route.ts";
import { readView } from "../../lib/store/view.ts";

export function getHealth(_door: Door, { query }: Target): Answer {
  const parameters = parseQuery(query, []);
  return parameters.ok ? jsonReply(200, { status: "ok" }) : parameters;
}

export function getReady(door: Door, { query }: Target): Answer {
  const parameters = parseQuery(query, []);
  if (!parameters.ok) return parameters;
  const view = readView(door.world.db, null, null);
  const unfit = judgeStore(view, door) ?? judgeDurability(door.world);
  return unfit ?? jsonReply(200, { status: "ready", revision: view.head });
}
