/**
 * Schemas: documents in `_system` under `schema/<namespace>/<scope>`, as they were sent. Whoever administers all of a
 * namespace puts and ends them; a schema is put only once it was compared with the documents that are there.
 */
import type { SchemaEntry, SchemasPage } from "../../lib/api/admin-answers.ts";
import type { CommitAnswer } from "../../lib/api/document-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import type { Proposal } from "../../lib/core/commit/proposal.ts";
import { administersSetting } from "../../lib/core/grant.ts";
import { isJsonType } from "../../lib/core/media-type.ts";
import { accept, type Outcome, refuse } from "../../lib/core/refusal.ts";
import { type SchemaPlace, schemaKey } from "../../lib/core/schema-key.ts";
import { judgeScope } from "../../lib/core/scope.ts";
import { formatTime } from "../../lib/core/time.ts";
import { decodeUtf8 } from "../../lib/core/utf8.ts";
import { forbidden } from "../../lib/http/caller.ts";
import type { Context } from "../../lib/http/context.ts";
import { RACE_SECONDS, waitFor } from "../../lib/http/freshness.ts";
import { judgeValue } from "../../lib/http/json-value.ts";
import { requireNamespace } from "../../lib/http/namespace.ts";
import { readContentHeaders } from "../../lib/http/read-request.ts";
import { jsonReply, textReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import { findSetting, listSettings, type Setting } from "../../lib/store/documents/settings.ts";
import { compareSchema } from "./compare-schema.ts";
import { putSetting } from "./put-setting.ts";
import { listScoped, placeOfScoped } from "./scoped-settings.ts";
import { etagOf } from "./setting-etag.ts";

/** Of a namespace: each commit there looks at all of their scopes. */
const SCHEMAS_MAX = 100;

export function getSchemas(input: Input<"listSchemas">, context: Context): Result<SchemasPage> {
  const page = listScoped({ kind: "schema", path: "schemas" }, input, context);
  if (!page.ok) return page;
  const { shown, next, headers } = page.value;
  return jsonReply(200, { schemas: shown.map(entryOf), ...next }, headers);
}

export function getSchema(input: Input<"readSchema">, { world }: Context): Result {
  const place = placeIn(input);
  if (!place.ok) return place;
  const setting = findSetting(world.db, "_system", schemaKey(place.value));
  return setting === undefined
    ? noSchema(place.value)
    : textReply(200, setting.json, [["etag", etagOf(setting)]]);
}

export function putSchema(input: Input<"putSchema">, context: Context): Result<CommitAnswer> {
  const place = placeIn(input);
  if (!place.ok) return place;
  const denied = judgeWhole(place.value, context);
  if (denied !== undefined) return denied;
  const json = schemaText(context);
  if (!json.ok) return json;
  const { namespace } = place.value;
  const absent = requireNamespace(namespace, context.view) ?? tooMany(place.value, context);
  if (absent !== undefined) return absent;
  const compared = compareSchema(place.value, json.value, { context, documents: input.existing === "check" });
  if (!compared.ok) return compared;
  const { revision } = compared.value;
  return write(input, context, {
    place: place.value,
    json: json.value,
    more: revision === undefined ? {} : { comparedAt: { namespace, revision } },
  });
}

export function deleteSchema(input: Input<"deleteSchema">, context: Context): Result<CommitAnswer> {
  const place = placeIn(input);
  if (!place.ok) return place;
  const denied = judgeWhole(place.value, context);
  return denied ?? write(input, context, { place: place.value, json: null, more: {} });
}

interface Writing {
  readonly place: SchemaPlace;
  /** Null ends it. */
  readonly json: string | null;
  readonly more: Pick<Proposal, "comparedAt">;
}

function write(
  input: Input<"putSchema"> | Input<"deleteSchema">,
  context: Context,
  { place, json, more }: Writing,
): Result<CommitAnswer> {
  return putSetting(context, { key: schemaKey(place), json, input, bound: more }, ({ code }) => {
    if (code === "not_found") return noSchema(place);
    // Somebody changed a document since it was compared: compare again.
    return code === "busy" ? waitFor(context.view.head + 1, RACE_SECONDS, context) : undefined;
  });
}

function placeIn({ namespace, scope }: { namespace: string; scope: string }): Outcome<SchemaPlace> {
  const judged = judgeScope(scope);
  return judged.ok ? accept({ namespace, scope }) : refuse("bad_parameter", `scope: ${judged.detail}`);
}

function judgeWhole(place: SchemaPlace, { caller }: Context) {
  return administersSetting(caller.grants, schemaKey(place))
    ? undefined
    : forbidden(caller, "admin", `all of ${place.namespace}`);
}

/** Refuses `media_type`, `content_encoding`, `bad_header` and `value_malformed`. */
function schemaText({ world, request }: Context): Outcome<string> {
  const type = readContentHeaders(request);
  if (!type.ok) return type;
  const { text: mediaType, utf8 } = type.value;
  if (!isJsonType(mediaType))
    return refuse("media_type", "A schema is JSON: application/schema+json or application/json.");
  const value = judgeValue(world.db, request.body, { mediaType, utf8 });
  return value.ok ? accept(decodeUtf8(request.body) ?? "") : value;
}

function tooMany(place: SchemaPlace, { world }: Context) {
  const prefix = schemaKey({ ...place, scope: "" });
  const there = listSettings(world.db, "_system", { prefix, after: "", limit: SCHEMAS_MAX });
  if (there.length < SCHEMAS_MAX || there.some(({ key }) => key === schemaKey(place))) return undefined;
  return refuse("too_large", `A namespace has at most ${SCHEMAS_MAX} schemas. Say some of them in one.`, {
    members: { limit: SCHEMAS_MAX, size: there.length + 1 },
  });
}

function noSchema({ namespace, scope }: SchemaPlace) {
  const whose = scope === "" ? namespace : `the scope ${scope} of ${namespace}`;
  return refuse("not_found", `There is no schema for ${whose}.`);
}

function entryOf(setting: Setting): SchemaEntry {
  return {
    ...placeOfScoped(setting.key),
    size: setting.json.length,
    revision: setting.revision,
    etag: etagOf(setting),
    modified: formatTime(setting.modifiedMs),
  };
}
