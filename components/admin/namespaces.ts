/**
 * Namespaces: documents in `_system` under `namespace/<name>`. Making, changing and deleting one needs a root
 * token; holders of `admin` over a namespace see it.
 */

import { NamespaceBody } from "../../lib/api/admin-bodies.ts";
import { allowsSome } from "../../lib/core/grant.ts";
import { isNamespaceName, namespaceKey } from "../../lib/core/namespace.ts";
import { parseQuery } from "../../lib/core/query.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { pickHeaders } from "../../lib/core/request-headers.ts";
import { formatTime } from "../../lib/core/time.ts";
import type { Answer, Door } from "../../lib/http/answer.ts";
import { judgeJsonHeaders, parseJsonBody } from "../../lib/http/body.ts";
import { forbidden } from "../../lib/http/caller.ts";
import { commitReply } from "../../lib/http/commit-reply.ts";
import { explainStale } from "../../lib/http/foreign.ts";
import { namedState } from "../../lib/http/named-state.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Target } from "../../lib/http/route.ts";
import { findSetting, type Setting } from "../../lib/store/documents/settings.ts";
import { requireAdmin, requireRoot } from "./admin-caller.ts";
import { settingsPage } from "./settings-page.ts";
import { parseWords, proposerOf, writeSetting } from "./settings-write.ts";
import { etagOf } from "./token-view.ts";

const BODY_BYTES_MAX = 16_384;
const PREFIX = "namespace/";

export function getNamespaces(door: Door, { query }: Target): Answer {
  return settingsPage(door, query, {
    kind: "namespaces",
    namespace: "_system",
    prefix: PREFIX,
    shows: (caller, { key }) => allowsSome(caller.grants, "admin", key.slice(PREFIX.length)),
    view: namespaceView,
  });
}

export function getNamespace(door: Door, { rest, query }: Target): Answer {
  const found = requireAdmin(door);
  if (!found.ok) return found;
  const name = namespaceName(rest);
  if (!name.ok) return name;
  const parameters = parseQuery(query, []);
  if (!parameters.ok) return parameters;
  const headers = pickHeaders(door.request, []);
  if (!headers.ok) return headers;
  const { caller } = found.value;
  if (!allowsSome(caller.grants, "admin", name.value)) return forbidden(caller, "admin", name.value);
  const setting = findSetting(door.world.db, "_system", namespaceKey(name.value));
  if (setting === undefined) return refuse("namespace_not_found", `There is no namespace ${name.value}.`);
  return jsonReply(200, namespaceView(setting), [["etag", etagOf(setting)]]);
}

export function putNamespace(door: Door, target: Target): Answer {
  const { db } = door.world;
  const found = requireRoot(door);
  if (!found.ok) return found;
  const name = namespaceName(target.rest);
  if (!name.ok) return name;
  const words = parseWords(door, target.query);
  if (!words.ok) return words;
  const type = judgeJsonHeaders(words.value.headers["content-type"], words.value.headers["content-encoding"]);
  if (!type.ok) return type;
  const body = parseJsonBody(db, door.request, { schema: NamespaceBody, bytesMax: BODY_BYTES_MAX });
  if (!body.ok) return body;
  return write(door, target, { name: name.value, json: JSON.stringify(body.value) });
}

export function deleteNamespace(door: Door, target: Target): Answer {
  const found = requireRoot(door);
  if (!found.ok) return found;
  const name = namespaceName(target.rest);
  if (!name.ok) return name;
  if (door.request.body.length > 0) return refuse("invalid_body", "A DELETE has no body.");
  return write(door, target, { name: name.value, json: null });
}

function write(door: Door, { query }: Target, { name, json }: { name: string; json: string | null }): Answer {
  const found = requireRoot(door);
  if (!found.ok) return found;
  const words = parseWords(door, query);
  if (!words.ok) return words;
  const place = { namespace: "_system" as const, key: namespaceKey(name) };
  const op = json === null ? "delete" : "put";
  const state = namedState(door.world.db, { ...place, op }, words.value.condition);
  const written = writeSetting(door, proposerOf(found.value.caller), {
    change: { ...place, json, state },
    words: words.value,
  });
  if (!written.ok) {
    if (written.code === "not_found") return refuse("namespace_not_found", `There is no namespace ${name}.`);
    return explainStale(door.world.db, words.value.condition, written);
  }
  const { outcome, op: made } = written.value;
  const [result] = outcome.results;
  const etag = result?.etag ?? null;
  return commitReply(outcome, [made], {
    status: result?.result === "created" ? 201 : 200,
    headers: etag === null ? [] : [["etag", etag]],
  });
}

function namespaceName(segment: string): Outcome<string> {
  return isNamespaceName(segment)
    ? accept(segment)
    : refuse(
        "bad_namespace",
        "A namespace is a lower-case letter or digit and up to 62 more letters, digits or hyphens.",
      );
}

function namespaceView(setting: Setting): Record<string, unknown> {
  const settings: NamespaceBody = JSON.parse(setting.json);
  return {
    name: setting.key.slice(PREFIX.length),
    ...settings,
    keys: setting.keys,
    bytes: setting.bytes,
    revision: setting.revision,
    etag: etagOf(setting),
    modified: formatTime(setting.modifiedMs),
  };
}
