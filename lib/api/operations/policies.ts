/** The routes of policies, each with every code that it may refuse with. */
import {
  ASKED,
  COMMITTED,
  JSON_BODY,
  type Operation,
  REPLACES,
  SETTING_PUT,
  SETTINGS,
} from "../operation.ts";

/** What is changed. */
const CHANGED = { anyOf: [{ verb: "admin", over: "namespace" }], besides: ", whole" } as const;
const NAMED = ["bad_namespace", "namespace_not_found", "forbidden"] as const;

export const policyRoutes = [
  {
    id: "listPolicies",
    component: "admin",
    method: "get",
    path: "/v1/admin/policies",
    summary: "The policies of the namespaces that the token administers.",
    needs: { anyOf: [{ verb: "admin", over: "namespace" }] },
    parameters: ["ns", "limit", "cursor"],
    answers: { 200: { description: "A page.", content: "PoliciesPage", headers: ["Link?"] } },
    codes: [...ASKED, "bad_cursor", "bad_namespace", "forbidden"],
  },
  {
    id: "readPolicy",
    component: "admin",
    method: "get",
    path: "/v1/admin/policies/{namespace}",
    summary: "The policy of a scope.",
    needs: { anyOf: [{ verb: "admin", over: "namespace" }] },
    parameters: ["ownNamespace", "scope"],
    answers: { 200: { description: "The policy.", content: "Policy", headers: ["ETag"] } },
    codes: [...ASKED, ...NAMED, "not_found"],
  },
  {
    id: "putPolicy",
    component: "admin",
    method: "put",
    path: "/v1/admin/policies/{namespace}",
    summary: "Makes the policy of a scope, or replaces it. It holds for every commit after it.",
    needs: CHANGED,
    parameters: ["ownNamespace", "scope", ...SETTINGS],
    body: { schema: "PolicyBody", bytesMax: 16_384 },
    answers: SETTING_PUT,
    codes: [...ASKED, ...REPLACES, ...JSON_BODY, "bad_namespace", "namespace_not_found", "quota_exceeded"],
  },
  {
    id: "deletePolicy",
    component: "admin",
    method: "delete",
    path: "/v1/admin/policies/{namespace}",
    summary: "Deletes the policy of a scope.",
    needs: CHANGED,
    parameters: ["ownNamespace", "scope", ...SETTINGS],
    answers: { 200: { description: "Deleted.", content: "CommitAnswer", headers: COMMITTED } },
    codes: [...ASKED, ...REPLACES, "bad_namespace", "namespace_not_found", "not_found", "invalid_body"],
  },
] as const satisfies readonly Operation[];
