/** The routes of schemas, each with every code that it may refuse with. */
import { SCHEMA_BYTES_MAX } from "../../core/schema-key.ts";
import { ASKED, COMMITTED, type Operation, REPLACES, SETTING_PUT, SETTINGS } from "../operation.ts";

/** A schema counts for everybody who writes there. */
const WHOLE = {
  anyOf: [{ verb: "admin", over: "namespace" }],
  besides: ", which has to be all of it",
} as const;
const CHANGED = [...ASKED, ...REPLACES, "bad_namespace"] as const;

export const schemaRoutes = [
  {
    id: "listSchemas",
    component: "admin",
    method: "get",
    path: "/v1/admin/schemas",
    summary: "The schemas of the namespaces that the token administers.",
    needs: { anyOf: [{ verb: "admin", over: "any" }] },
    parameters: ["ns", "limit", "cursor"],
    answers: { 200: { description: "A page.", content: "SchemasPage", headers: ["Link?"] } },
    codes: [...ASKED, "bad_namespace", "bad_cursor", "forbidden"],
  },
  {
    id: "readSchema",
    component: "admin",
    method: "get",
    path: "/v1/admin/schemas/{namespace}",
    summary:
      "One schema, as it was put. Whoever may read all of a namespace reads its schemas in `_system`, too.",
    needs: { anyOf: [{ verb: "admin", over: "namespace" }] },
    parameters: ["ownNamespace", "scope"],
    answers: { 200: { description: "The schema.", content: "bytes", headers: ["ETag"] } },
    codes: [...ASKED, "bad_namespace", "not_found", "forbidden"],
  },
  {
    id: "putSchema",
    component: "admin",
    method: "put",
    path: "/v1/admin/schemas/{namespace}",
    summary:
      "Makes or replaces the schema (JSON Schema 2020-12) of a namespace or of a scope in it. Of several that cover a key the one with the longest scope counts. Documents that are there are compared with it first.",
    needs: WHOLE,
    parameters: ["ownNamespace", "scope", "existing", ...SETTINGS],
    body: { schema: "bytes", bytesMax: SCHEMA_BYTES_MAX },
    answers: SETTING_PUT,
    codes: [
      ...CHANGED,
      "media_type",
      "content_encoding",
      "too_large",
      "value_malformed",
      "namespace_not_found",
      "schema_invalid",
      "schema_conflict",
      "schema_too_costly",
    ],
  },
  {
    id: "deleteSchema",
    component: "admin",
    method: "delete",
    path: "/v1/admin/schemas/{namespace}",
    summary:
      "Ends a schema. What it was for is then judged by the next shorter scope that has one, when it changes.",
    needs: WHOLE,
    parameters: ["ownNamespace", "scope", ...SETTINGS],
    answers: { 200: { description: "Deleted.", content: "CommitAnswer", headers: COMMITTED } },
    codes: [...CHANGED, "not_found", "invalid_body"],
  },
] as const satisfies readonly Operation[];
