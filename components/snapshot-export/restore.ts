/**
 * The restore routes: a preview, and a restore into the running store, which has to be empty. Both are for
 * whoever knows the bootstrap secret, since a store without a history has no tokens. What can be judged without
 * waiting is judged here; restore-run.ts does the rest.
 */

import { RestoreBody } from "../../lib/api/restore-bodies.ts";
import type { HttpReply } from "../../lib/core/http.ts";
import { integerParameter, parseQuery } from "../../lib/core/query.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { pickHeaders } from "../../lib/core/request-headers.ts";
import { parseTime } from "../../lib/core/time.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import { judgeJsonHeaders, parseJsonBody } from "../../lib/http/body.ts";
import { judgeBootstrapSecret } from "../../lib/http/bootstrap-secret.ts";
import { judgeFormat } from "../../lib/http/caller.ts";
import { judgeDurability } from "../../lib/http/durable.ts";
import { restoresItself } from "../../lib/http/first-history.ts";
import type { Route, Target } from "../../lib/http/route.ts";
import { readView } from "../../lib/store/documents/view.ts";
import { findRestoreRecord } from "../../lib/store/restore/record.ts";
import { isEmptyStore } from "../../lib/store/restore/rows.ts";
import { type BackupSettings, requireBucket } from "./admit.ts";
import type { RestoreWork } from "./restore-run.ts";

/** Takes work that has to wait for the bucket; its answer is the request's. */
export type Defer = (settings: BackupSettings, work: RestoreWork) => HttpReply;

const BODY_BYTES_MAX = 4096;

export function restoreRoutes(defer: Defer): readonly Route[] {
  return [
    {
      path: "/v1/backup/restore",
      methods: {
        GET: (door, target) => getRestore(door, target, defer),
        POST: (door, target) => postRestore(door, target, defer),
      },
    },
  ];
}

function getRestore(door: Door, { query }: Target, defer: Defer): Answer {
  const known = judgeAsker(door);
  if (!known.ok) return known;
  const headers = pickHeaders(door.request, []);
  if (!headers.ok) return headers;
  const parameters = parseQuery(query, ["revision", "time", "branch"]);
  if (!parameters.ok) return parameters;
  const revision = integerParameter(parameters.value, "revision", { min: 1, max: Number.MAX_SAFE_INTEGER });
  if (!revision.ok) return revision;
  const asked = {
    revision: revision.value,
    time: parameters.value.get("time"),
    branch: parameters.value.get("branch"),
  };
  const fault = faultOf(asked);
  if (fault !== undefined) return refuse("bad_parameter", fault);
  const settings = requireBucket(door.world);
  return settings.ok ? defer(settings.value, { kind: "preview", asked }) : settings;
}

function postRestore(door: Door, { query }: Target, defer: Defer): Answer {
  const { world, request } = door;
  const known = judgeAsker(door);
  if (!known.ok) return known;
  const weak = judgeDurability(world);
  if (weak !== undefined) return weak;
  const headers = pickHeaders(request, ["content-type", "content-encoding"]);
  if (!headers.ok) return headers;
  const parameters = parseQuery(query, []);
  if (!parameters.ok) return parameters;
  const type = judgeJsonHeaders(headers.value["content-type"], headers.value["content-encoding"]);
  if (!type.ok) return type;
  const body = parseJsonBody(world.db, request, { schema: RestoreBody, bytesMax: BODY_BYTES_MAX });
  if (!body.ok) return body;
  const fault = faultOf(body.value);
  if (fault !== undefined) return refuse("invalid_body", fault);
  if (body.value.token?.name.startsWith("_"))
    return refuse("invalid_body", "/token/name: names that begin with _ are Ledge's own.");
  const settings = requireBucket(world);
  if (!settings.ok) return settings;
  const { restart = false, ...asked } = body.value;
  return defer(settings.value, { kind: "restore", asked, restart });
}

/** The store may be one that is being restored; whoever asks knows the secret. */
function judgeAsker(door: Door): Outcome<true> {
  const unfit = judgeFormat(readView(door.world.db, null, null), door);
  return unfit ?? judgeBootstrapSecret(door);
}

function faultOf({ revision, time }: { revision?: number | undefined; time?: string | undefined }) {
  if (revision !== undefined && time !== undefined) return "/time: name a revision or a time, not both.";
  if (time !== undefined && parseTime(time) === undefined)
    return "/time: it is written like 2026-01-31T12:00:00Z.";
  return undefined;
}

/**
 * What a tick does with a store that has no history of its own: an empty one is compared with the bucket, and
 * restored where the setting says so. Undefined when the store has a history.
 */
export function tendEmptyStore(door: Door, defer: Defer): Outcome<HttpReply> | undefined {
  const { world } = door;
  const view = readView(world.db, null, null);
  const unfit = judgeFormat(view, door);
  if (unfit !== undefined) return unfit;
  const record = findRestoreRecord(world.db);
  const itself = restoresItself(world);
  const settings = requireBucket(world);
  if (view.state === "restoring") {
    if (!itself || !settings.ok) return accept(NOTHING_TO_DO);
    return accept(defer(settings.value, { kind: "tick", restores: true }));
  }
  if (!settings.ok || !isEmptyStore(world.db)) return undefined;
  if (record?.kind === "looked" && !(record.holds && itself)) return undefined;
  return accept(defer(settings.value, { kind: "tick", restores: itself }));
}

const NOTHING_TO_DO: HttpReply = { status: 200, headers: [], body: "" };
