/** Policies: documents in `_system` under `policy/<namespace>/<scope>`. The rules of a commit obey them. */
import type { CommitAnswer } from "../../lib/api/document-answers.ts";
import type { PoliciesPage, PolicyAnswer, PolicyBody } from "../../lib/api/policy-bodies.ts";
import type { Input } from "../../lib/api/typed.ts";
import { POLICIES_MAX } from "../../lib/core/policy.ts";
import { refuse } from "../../lib/core/refusal.ts";
import { formatTime } from "../../lib/core/time.ts";
import type { Context } from "../../lib/http/context.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";
import type { Setting } from "../../lib/store/documents/settings.ts";
import { findScoped, listScoped, placeOfScoped, writeScoped } from "./scoped-settings.ts";
import { etagOf } from "./setting-etag.ts";

const POLICIES = { kind: "policy", path: "policies", max: POLICIES_MAX } as const;

export function getPolicies(input: Input<"listPolicies">, context: Context): Result<PoliciesPage> {
  const page = listScoped(POLICIES, input, context);
  if (!page.ok) return page;
  const { shown, next, headers } = page.value;
  return jsonReply(200, { policies: shown.map(policyView), ...next }, headers);
}

export function getPolicy(input: Input<"readPolicy">, context: Context): Result<PolicyAnswer> {
  const found = findScoped(POLICIES, input, context);
  if (!found.ok) return found;
  return jsonReply(200, policyView(found.value), [["etag", etagOf(found.value)]]);
}

export function putPolicy(input: Input<"putPolicy">, context: Context): Result<CommitAnswer> {
  if (input.body.rollouts !== undefined && input.scope !== "")
    return refuse(
      "invalid_body",
      "Rollouts are of a whole namespace, and so is the policy that reviews them.",
    );
  return writeScoped(POLICIES, input, { context, json: JSON.stringify(input.body) });
}

export function deletePolicy(input: Input<"deletePolicy">, context: Context): Result<CommitAnswer> {
  return writeScoped(POLICIES, input, { context, json: null });
}

function policyView(setting: Setting): PolicyAnswer {
  const policy: PolicyBody = JSON.parse(setting.json);
  return {
    ...policy,
    ...placeOfScoped(setting.key),
    revision: setting.revision,
    etag: etagOf(setting),
    modified: formatTime(setting.modifiedMs),
  };
}
