/** /v1/admin/namespaces: settings as documents in `_system`, with the conditions that documents have. */
import { type NamedState, parseWriteCondition } from "../../lib/core/conditions.ts";
import { allowsSome, isRoot } from "../../lib/core/grant.ts";
import { isReserved, namespaceKey, parsePathNamespace, SYSTEM } from "../../lib/core/namespace.ts";
import { parseQuery } from "../../lib/core/query.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { pickHeaders } from "../../lib/core/request-headers.ts";
import { formatEtag } from "../../lib/core/revision.ts";
import type { Answer, Door } from "../../lib/door/answer.ts";
import { judgeJsonHeaders, parseJsonBody } from "../../lib/door/body.ts";
import { type Caller, forbidden } from "../../lib/door/caller.ts";
import { jsonReply } from "../../lib/door/reply.ts";
import type { Target } from "../../lib/door/route.ts";
import { findNamespace, listNamespaceRecords, type NamespaceRecord } from "../../lib/store/admin.ts";
import { NamespaceBody } from "../../lib/wire/admin-bodies.ts";
import { changeReserved, proposerOf } from "./reserved.ts";
import { pageCursor, parsePage, requireAdmin } from "./tokens.ts";

const BODY_MAX = 16_384;
const CONDITIONS = ["if-match", "if-none-match"];

export function getNamespaces(door: Door, { query }: Target): Answer {
  const admin = requireAdmin(door);
  if (!admin.ok) return admin;
  const headers = pickHeaders(door.request, []);
  if (!headers.ok) return headers;
  const page = parsePage(query, "namespaces");
  if (!page.ok) return page;
  const records = listNamespaceRecords(door.world.db, page.value.cursor?.after ?? "", page.value.limit + 1);
  const shown = records.slice(0, page.value.limit);
  const last = shown.at(-1);
  const next =
    records.length > shown.length && last !== undefined
      ? pageCursor("namespaces", admin.value.lineage, last.name)
      : undefined;
  const { grants } = admin.value.caller;
  const namespaces = shown.filter(({ name }) => allowsSome(grants, "admin", name)).map(namespaceAnswer);
  return jsonReply(200, { namespaces, ...(next === undefined ? {} : { next }) });
}

export function getNamespace(door: Door, target: Target): Answer {
  const begun = begin(door, target, []);
  if (!begun.ok) return begun;
  const { name, caller } = begun.value;
  if (!allowsSome(caller.grants, "admin", name)) return forbidden(caller, "admin", name);
  const record = findNamespace(door.world.db, name);
  return record === undefined
    ? absent(name)
    : jsonReply(200, namespaceAnswer(record), [["etag", etagOf(record)]]);
}

export function putNamespace(door: Door, target: Target): Answer {
  const begun = begin(door, target, [...CONDITIONS, "content-type", "content-encoding"]);
  if (!begun.ok) return begun;
  const { name, caller, state, headers } = begun.value;
  if (!isRoot(caller.grants)) return forbidden(caller, "admin", "*");
  const type = judgeJsonHeaders(headers["content-type"], headers["content-encoding"]);
  if (!type.ok) return type;
  const body = parseJsonBody(door.world.db, door.request, { schema: NamespaceBody, bytesMax: BODY_MAX });
  if (!body.ok) return body;
  return changeReserved(
    door,
    proposerOf(caller),
    { namespace: SYSTEM, key: namespaceKey(name), value: body.value, state },
    (made) => {
      const record = findNamespace(door.world.db, name);
      if (record === undefined) return absent(name);
      return jsonReply(made.results[0]?.result === "created" ? 201 : 200, namespaceAnswer(record), [
        ["etag", etagOf(record)],
      ]);
    },
  );
}

export function deleteNamespace(door: Door, target: Target): Answer {
  const begun = begin(door, target, CONDITIONS);
  if (!begun.ok) return begun;
  const { name, caller, state } = begun.value;
  if (!isRoot(caller.grants)) return forbidden(caller, "admin", "*");
  return changeReserved(
    door,
    proposerOf(caller),
    { namespace: SYSTEM, key: namespaceKey(name), value: null, state },
    (made) => jsonReply(200, { name, deleted: true, revision: made.revision }),
  );
}

interface Begun {
  readonly name: string;
  readonly caller: Caller;
  readonly state: NamedState;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

function begin(door: Door, { rest, query }: Target, wanted: readonly string[]): Outcome<Begun> {
  const admin = requireAdmin(door);
  if (!admin.ok) return admin;
  const name = parsePathNamespace(rest);
  if (!name.ok) return name;
  if (isReserved(name.value)) return refuse("reserved_namespace", "Ledge's own namespaces have no settings.");
  const headers = pickHeaders(door.request, wanted);
  if (!headers.ok) return headers;
  const parameters = parseQuery(query, []);
  if (!parameters.ok) return parameters;
  const condition = parseWriteCondition(headers.value["if-match"], headers.value["if-none-match"]);
  if (!condition.ok) return condition;
  const named = { none: null, absent: 0, present: -1, tags: condition.value.states[0]?.ifRevision ?? 1 }[
    condition.value.kind
  ];
  const lineage = condition.value.kind === "tags" ? (condition.value.states[0]?.ifLineage ?? null) : null;
  const state = { ifRevision: named, ifLineage: lineage };
  return accept({ name: name.value, caller: admin.value.caller, state, headers: headers.value });
}

function namespaceAnswer(record: NamespaceRecord) {
  const { name, revision, keys, bytes, settings } = record;
  return { name, revision, etag: etagOf(record), keys, bytes, ...settings };
}

function etagOf({ revision, lineage }: NamespaceRecord): string {
  return formatEtag(revision, lineage);
}

function absent(name: string): Answer {
  return refuse("namespace_not_found", `There is no namespace ${name}; make it with PUT.`);
}
