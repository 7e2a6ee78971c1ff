/** Policies: how much one commit may change, and when nothing may. */
import type { PoliciesPage, PolicyAnswer } from "../../../../lib/api/policy-bodies.ts";
import { part } from "../../app/server.ts";
import { moves } from "../../app/standing.ts";
import { pages } from "../../app/store.ts";
import { useLoad } from "../../parts/load.ts";
import type { SettingToEdit } from "./json-setting.tsx";
import { ScopedSettings } from "./scoped.tsx";

const FIRST = '{\n  "budgets": { "keysChanged": 20, "keysDeleted": 5 },\n  "freeze": []\n}';
const ABOUT =
  "budgets: keysChanged, keysDeleted, growthBytes, emptied, of one commit; freeze: a list of {from, until, reason} in which nothing changes.";

export function PolicySettings() {
  const loaded = useLoad(readPolicies, [moves.value], "policies");
  const settingFor = async (place: { namespace: string; scope: string }, isNew: boolean) =>
    settingOf(place, isNew ? undefined : loaded.content?.find((one) => isAt(one, place)));
  return <ScopedSettings loaded={loaded} settingFor={settingFor} />;
}

function isAt(one: PolicyAnswer, { namespace, scope }: { namespace: string; scope: string }): boolean {
  return one.namespace === namespace && one.scope === scope;
}

async function readPolicies(signal: AbortSignal) {
  const all = await pages<PoliciesPage>("/v1/admin/policies", { limit: 1000 }, signal);
  return all.flatMap(({ policies }) => policies.map((one) => ({ ...one, says: wordsOf(one) })));
}

function wordsOf({ budgets = {}, freeze = [] }: PolicyAnswer): string {
  const words = Object.entries(budgets).map(([name, value]) => `${name} ≤ ${value}`);
  return [...words, ...(freeze.length === 0 ? [] : [`${freeze.length} freezes`])].join(", ");
}

function settingOf(
  { namespace, scope }: { namespace: string; scope: string },
  one: PolicyAnswer | undefined,
): SettingToEdit {
  const body =
    one === undefined ? FIRST : JSON.stringify({ budgets: one.budgets, freeze: one.freeze }, null, 2);
  return {
    title: `Policy of ${namespace}${scope && `/${scope}`}`,
    path: `/v1/admin/policies/${part(namespace)}`,
    query: { scope: scope || undefined },
    etag: one?.etag,
    text: body,
    about: ABOUT,
  };
}
