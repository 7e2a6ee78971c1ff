/** Policies: how much one commit may change, when nothing may, and whether rollouts need a second person. */

import type { TokensPage } from "../../../../lib/api/admin-answers.ts";
import type { PoliciesPage, PolicyAnswer } from "../../../../lib/api/policy-bodies.ts";
import { type Grant, holdsOverScope } from "../../../../lib/core/grant.ts";
import { part } from "../../app/server.ts";
import { moves } from "../../app/standing.ts";
import { pages, readSystem } from "../../app/store.ts";
import { amountOf } from "../../parts/amount.ts";
import { useLoad } from "../../parts/load.ts";
import { shownName } from "../../parts/shown-text.ts";
import { memberAt } from "./member.ts";
import { ScopedSettings } from "./scoped.tsx";
import { type FieldSpec, type SettingToEdit, settingText } from "./setting.ts";

const FIRST = { budgets: { keysChanged: 20, keysDeleted: 5 } };

const KEYS = { kind: "count", unit: "keys" } as const;
const FIELDS: readonly FieldSpec[] = [
  {
    pointer: "/budgets/keysChanged",
    label: "Changed by one commit, at most",
    help: "Keys that are created, changed or deleted. 0 allows none, and no number any.",
    ...KEYS,
  },
  { pointer: "/budgets/keysDeleted", label: "Deleted by one commit, at most", help: "", ...KEYS },
  {
    pointer: "/budgets/growthBytes",
    label: "Growth by one commit, at most",
    help: "All values together: what shrinks counts against what grows.",
    kind: "bytes",
  },
  {
    pointer: "/budgets/emptied",
    label: "Emptied by one commit, at most",
    help: 'Documents that had content and would have none, or one of {}, [], "" and null.',
    kind: "count",
    unit: "documents",
  },
  {
    pointer: "/freeze",
    label: "Freezes",
    help: "From one moment until right before another nothing changes. One that is over stays until it is taken away.",
    kind: "spans",
  },
];

/** Of a policy for a whole namespace alone. */
const ROLLOUTS: FieldSpec = {
  pointer: "/rollouts",
  label: "Rollouts begin",
  help: "Nobody approves a rollout that their own token has begun.",
  kind: "choice",
  choices: { "": "at once", review: "once a second person approves" },
};

export function PolicySettings() {
  const loaded = useLoad(readPolicies, [moves.value], "policies");
  const settingFor = async (place: Place, isNew: boolean) =>
    settingOf(
      place,
      isNew ? undefined : loaded.content?.find(({ policy }) => isAt(policy, place))?.policy,
      await whoBreaks(place),
    );
  return <ScopedSettings loaded={loaded} settingFor={settingFor} />;
}

function isAt(one: PolicyAnswer, { namespace, scope }: Place): boolean {
  return one.namespace === namespace && one.scope === scope;
}

async function readPolicies(signal: AbortSignal) {
  const all = await pages<PoliciesPage>("/v1/admin/policies", { limit: 1000 }, signal);
  return all.flatMap(({ policies }) =>
    policies.map((policy) => {
      const { namespace, scope, modified } = policy;
      return { namespace, scope, modified, says: wordsOf(policy), policy };
    }),
  );
}

function wordsOf({ budgets = {}, freeze = [], rollouts }: PolicyAnswer): string {
  return [
    ...Object.entries(budgets).map(([name, value]) => `${name} ≤ ${value}`),
    ...(freeze.length === 0 ? [] : [amountOf(freeze.length, "freeze")]),
    ...(rollouts === "review" ? ["rollouts are reviewed"] : []),
  ].join(", ");
}

interface Place {
  readonly namespace: string;
  readonly scope: string;
}

function settingOf(
  { namespace, scope }: Place,
  one: PolicyAnswer | undefined,
  breakers: string,
): SettingToEdit {
  return {
    title: `Policy of ${namespace}${scope && `/${shownName(scope)}`}`,
    path: `/v1/admin/policies/${part(namespace)}`,
    query: { scope: scope || undefined },
    etag: one?.etag,
    text: settingText(one ?? FIRST),
    about: `It guards ${scope === "" ? "the whole namespace" : shownName(scope)} against slips. ${breakers}`,
    fields: scope === "" ? [...FIELDS, ROLLOUTS] : FIELDS,
    notes: (after) => [
      ...(Array.isArray(after.freeze) ? after.freeze : []).flatMap(noteOf),
      ...(one?.rollouts === "review" && after.rollouts !== "review"
        ? ["Nobody has to approve rollouts any more."]
        : []),
    ],
  };
}

function noteOf({ from, until }: { from: string; until: string }): string[] {
  const now = Date.now();
  if (Date.parse(until) <= now) return [`The freeze until ${until} is over.`];
  return Date.parse(from) <= now
    ? [`From the moment that this is saved nothing changes until ${until}.`]
    : [];
}

/** Who may break it: whoever holds `override`, and a second person where the namespace has review. */
async function whoBreaks({ namespace, scope }: Place): Promise<string> {
  const now = new Date().toISOString();
  const [tokens, settings] = await Promise.all([
    pages<TokensPage>("/v1/admin/tokens", { limit: 1000 }).catch(() => []),
    readSystem(`namespace/${namespace}`).catch(() => []),
  ]);
  const named = tokens
    .flatMap((page) => page.tokens)
    .filter(({ revoked, expires = "9", grants }) => !revoked && expires > now && breaks(grants))
    .map(({ name }) => shownName(name));
  function breaks(grants: readonly Grant[]): boolean {
    return holdsOverScope(grants, "override", namespace, scope);
  }
  const review = memberAt(settings.find(({ key }) => key === `namespace/${namespace}`)?.value, "/review");
  const holders = named.length === 0 ? "nobody now" : named.slice(0, 5).join(", ");
  const more = named.length > 5 ? ` and ${named.length - 5} more` : "";
  return `Whoever holds the verb override over it breaks it with a reason, which the commit keeps: ${holders}${more}. ${REVIEWED[String(review)] ?? REVIEWED.off}`;
}

const REVIEWED: Readonly<Record<string, string>> = {
  all: "The namespace has every change approved by a second person, who may pass budgets, too.",
  budget: "What is over a budget waits for a second person: the namespace says so.",
  off: "No second person has to approve changes: that is a setting of the namespace.",
};
