/**
 * Grants: verb × namespace × scope, default deny, no deny rules. Promise: `*` never means a reserved
 * namespace, and what of `_system` may be read follows from reading whole namespaces.
 */
import { hasOnly, isObject } from "./json-object.ts";
import { isNamespaceName, isReserved, SYSTEM } from "./namespace.ts";
import { SCOPE_BYTES_MAX, scopeCoversKey, scopeCoversScope } from "./scope.ts";
import { utf8Length } from "./utf8.ts";

export const VERBS = [
  "read",
  "history",
  "plan",
  "write",
  "rollout",
  "approve",
  "override",
  "report",
  "backup",
  "status",
  "admin",
] as const;

export type Verb = (typeof VERBS)[number];

export interface Grant {
  readonly verbs: readonly Verb[];
  /** A namespace's name, or `*` for every one that is not reserved. */
  readonly namespace: string;
  /** Of the verb `report` it names edges, and else keys. */
  readonly scope: string;
}

/** Kinds of `_system` documents that belong to one namespace: `<kind>/<namespace>` or `<kind>/<namespace>/…`. */
export const SYSTEM_KINDS: readonly string[] = ["channel", "namespace", "policy", "rollout", "schema"];

/** Keys of the documents about edges. Whoever reports for an edge may read its own. */
const EDGE = "edge/";

/** A stretch of one namespace: a whole key, or a prefix (empty for all of it). */
export interface KeyRange {
  readonly namespace: string;
  readonly from: string;
  readonly exact: boolean;
}

/** Whether a value is a grant: known verbs, a namespace's name or `*`, and a scope, and nothing else. */
export function isGrant(value: unknown): value is Grant {
  if (!isObject(value) || !hasOnly(value, ["verbs", "namespace", "scope"])) return false;
  const { verbs, namespace, scope } = value;
  return (
    Array.isArray(verbs) &&
    verbs.length > 0 &&
    verbs.every((verb) => VERBS.includes(verb)) &&
    typeof namespace === "string" &&
    (namespace === "*" || isNamespaceName(namespace)) &&
    typeof scope === "string" &&
    utf8Length(scope) <= SCOPE_BYTES_MAX
  );
}

export function allowsKey(grants: readonly Grant[], verb: Verb, namespace: string, key: string): boolean {
  if (isReserved(namespace)) return namespace === SYSTEM && allowsSystemKey(grants, verb, key);
  return grants.some((grant) => isFor(grant, verb, namespace) && scopeCoversKey(grant.scope, key));
}

/** Whether the grants cover all of a namespace. */
export function allowsWhole(grants: readonly Grant[], verb: Verb, namespace: string): boolean {
  return grants.some((grant) => isFor(grant, verb, namespace) && grant.scope === "");
}

/** Whether the grants cover all that a scope of a namespace covers. */
export function holdsOverScope(
  grants: readonly Grant[],
  verb: Verb,
  namespace: string,
  scope: string,
): boolean {
  return grants.some((grant) => isFor(grant, verb, namespace) && scopeCoversScope(grant.scope, scope));
}

/** Whether the grants reach into a namespace at all, so that its existence is no secret. */
export function allowsSome(grants: readonly Grant[], verb: Verb, namespace: string): boolean {
  if (namespace === SYSTEM)
    return grants.some(
      ({ verbs, scope }) =>
        (verbs.includes(verb) && scope === "") || (verb === "read" && verbs.includes("report")),
    );
  return grants.some((grant) => isFor(grant, verb, namespace));
}

/** Whether the grants cover every namespace that is not reserved, whole. */
export function allowsEverywhere(grants: readonly Grant[], verb: Verb): boolean {
  return grants.some((grant) => grant.namespace === "*" && grant.scope === "" && grant.verbs.includes(verb));
}

/** A root token: `admin` on `*`. There is no other kind of root. */
export function isRoot(grants: readonly Grant[]): boolean {
  return allowsEverywhere(grants, "admin");
}

/** Kinds of `_system` documents that whoever administers a whole namespace may change. */
const NAMESPACE_KINDS = ["channel", "policy", "rollout", "schema"];
/** Those of them that the verb `rollout` changes, too. */
const POINTER_KINDS = ["channel", "rollout"];

/** Whether the grants administer a document of `_system`: a root all, others what belongs to a whole namespace. */
export function administersSetting(grants: readonly Grant[], key: string): boolean {
  if (isRoot(grants)) return true;
  const [kind = "", namespace = "", ...rest] = key.split("/");
  if (!NAMESPACE_KINDS.includes(kind) || rest.length === 0) return false;
  return (
    allowsWhole(grants, "admin", namespace) ||
    (POINTER_KINDS.includes(kind) && allowsWhole(grants, "rollout", namespace))
  );
}

/** Whether a holder of `held` may give or manage `grant`: each of its verbs, and `admin`, over the same keys. */
export function mayGive(held: readonly Grant[], grant: Grant): boolean {
  const verbs: readonly Verb[] = ["admin", ...grant.verbs];
  return verbs.every((verb) => held.some((own) => own.verbs.includes(verb) && spans(own, grant)));
}

/** What a verb reaches, as ranges of keys. A range with namespace `*` stands for every one not reserved. */
export function grantRanges(grants: readonly Grant[], verb: Verb): KeyRange[] {
  const ranges: KeyRange[] = [];
  for (const grant of grants) {
    if (!grant.verbs.includes(verb) || isReserved(grant.namespace)) continue;
    ranges.push({
      namespace: grant.namespace,
      from: grant.scope,
      exact: grant.scope !== "" && !grant.scope.endsWith("/"),
    });
    if (grant.scope === "") ranges.push(...systemRanges(grant.namespace));
  }
  // An edge knows its labels.
  if (verb === "read")
    for (const { verbs, scope } of grants)
      if (verbs.includes("report"))
        ranges.push({ namespace: SYSTEM, from: EDGE + scope, exact: scope !== "" && !scope.endsWith("/") });
  return ranges;
}

function systemRanges(namespace: string): KeyRange[] {
  return SYSTEM_KINDS.flatMap((kind) =>
    namespace === "*"
      ? [{ namespace: SYSTEM, from: `${kind}/`, exact: false }]
      : [
          { namespace: SYSTEM, from: `${kind}/${namespace}`, exact: true },
          { namespace: SYSTEM, from: `${kind}/${namespace}/`, exact: false },
        ],
  );
}

function isFor(grant: Grant, verb: Verb, namespace: string): boolean {
  return (
    (grant.namespace === namespace || (grant.namespace === "*" && !isReserved(namespace))) &&
    grant.verbs.includes(verb)
  );
}

function spans(own: Grant, grant: Grant): boolean {
  const namespace =
    own.namespace === grant.namespace || (own.namespace === "*" && !isReserved(grant.namespace));
  return namespace && scopeCoversScope(own.scope, grant.scope);
}

/** Whether the grants report for an edge, of whatever namespace. */
function reportsFor(grants: readonly Grant[], edge: string): boolean {
  return grants.some(({ verbs, scope }) => verbs.includes("report") && scopeCoversKey(scope, edge));
}

function allowsSystemKey(grants: readonly Grant[], verb: Verb, key: string): boolean {
  if (verb === "read" && key.startsWith(EDGE)) return reportsFor(grants, key.slice(EDGE.length));
  const namespace = namespaceOfSetting(key);
  return namespace !== undefined && !isReserved(namespace) && allowsWhole(grants, verb, namespace);
}

/** The namespace that a document of `_system` belongs to; undefined for one that belongs to none. */
export function namespaceOfSetting(key: string): string | undefined {
  const [kind = "", namespace] = key.split("/");
  return SYSTEM_KINDS.includes(kind) ? namespace : undefined;
}
