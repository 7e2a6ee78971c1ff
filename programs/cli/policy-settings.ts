/** A policy as flags: what a command names is changed, what it unsets goes, the rest stays. A freeze is added to others. */
import { PolicyBody } from "../../lib/api/policy-bodies.ts";
import { formatTime } from "../../lib/core/time.ts";
import { parseTypedMoment, TYPED_MOMENT } from "../../lib/core/typed-moment.ts";
import { EXIT, Failure } from "./failure.ts";
import { wholeNumber } from "./whole-number.ts";

export interface PolicyFlags {
  readonly maxChanged?: string;
  readonly maxDeleted?: string;
  readonly maxGrowth?: string;
  readonly maxEmptied?: string;
  readonly freeze?: string;
  readonly reason?: string;
  readonly rollouts?: string;
}

/** Each flag of a budget, and its name in a policy. */
const BUDGET_FLAGS = {
  "max-changed": "keysChanged",
  "max-deleted": "keysDeleted",
  "max-growth": "growthBytes",
  "max-emptied": "emptied",
} as const;

/** What --unset takes. */
export const POLICY_SETTINGS = [...Object.keys(BUDGET_FLAGS), "freeze", "rollouts"];

type Budgets = NonNullable<PolicyBody["budgets"]>;

/** `there` with what the flags name, without what is unset. */
export function changePolicy(
  there: Readonly<Record<string, unknown>>,
  flags: PolicyFlags,
  { unset, nowMs }: { readonly unset: readonly string[]; readonly nowMs: number },
): PolicyBody {
  const kept = PolicyBody.parse(
    Object.fromEntries(Object.entries(there).filter(([name]) => Object.hasOwn(PolicyBody.shape, name))),
  );
  const wanted = budgetsOf(flags);
  const added = freezeOf(flags, nowMs);
  const rollouts = rolloutsOf(flags);
  if (rollouts !== undefined && unset.includes("rollouts"))
    throw new Failure(EXIT.usage, "--rollouts is set and unset at once");
  if (Object.keys(wanted).length + added.length + unset.length === 0 && rollouts === undefined)
    throw new Failure(
      EXIT.usage,
      "name a budget (--max-deleted 2), a freeze, --rollouts review, or what to --unset",
    );
  const budgets: Record<string, number | undefined> = { ...kept.budgets, ...wanted };
  for (const name of unset)
    if (name !== "freeze" && name !== "rollouts") delete budgets[budgetOf(name, wanted)];
  const reviewed = rollouts ?? (unset.includes("rollouts") ? undefined : kept.rollouts);
  const windows = [...(unset.includes("freeze") ? [] : (kept.freeze ?? [])), ...added];
  return {
    ...(Object.keys(budgets).length === 0 ? {} : { budgets }),
    ...(windows.length === 0 ? {} : { freeze: windows }),
    ...(reviewed === undefined ? {} : { rollouts: reviewed }),
  };
}

function rolloutsOf({ rollouts }: PolicyFlags): PolicyBody["rollouts"] {
  if (rollouts === undefined || rollouts === "review") return rollouts;
  throw new Failure(EXIT.usage, "--rollouts takes review: a second person approves each rollout");
}

function budgetsOf(flags: PolicyFlags): Budgets {
  const budgets: Budgets = {
    keysChanged: wholeNumber("--max-changed", flags.maxChanged),
    keysDeleted: wholeNumber("--max-deleted", flags.maxDeleted),
    growthBytes: bytesOf("--max-growth", flags.maxGrowth),
    emptied: wholeNumber("--max-emptied", flags.maxEmptied),
  };
  return Object.fromEntries(Object.entries(budgets).filter(([, limit]) => limit !== undefined));
}

function budgetOf(name: string, wanted: Budgets): string {
  const found = Object.entries(BUDGET_FLAGS).find(([flag]) => flag === name)?.[1];
  if (found === undefined)
    throw new Failure(EXIT.usage, `there is no setting ${name} to unset`, {
      hint: `they are ${POLICY_SETTINGS.join(", ")}`,
    });
  if (wanted[found] !== undefined) throw new Failure(EXIT.usage, `--${name} is set and unset at once`);
  return found;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, B: 1, KiB: 1024, MiB: 1_048_576 };

/** Bytes: a whole number, alone or with a unit. */
function bytesOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d{1,9})(B|KiB|MiB|)$/.exec(text);
  if (match === null) throw new Failure(EXIT.usage, `${flag} takes bytes, such as 4096, 64KiB or 1MiB`);
  return Number(match[1]) * (UNITS[match[2] ?? ""] ?? 1);
}

function freezeOf({ freeze, reason }: PolicyFlags, nowMs: number): NonNullable<PolicyBody["freeze"]> {
  if (freeze === undefined && reason === undefined) return [];
  if (freeze === undefined || reason === undefined)
    throw new Failure(
      EXIT.usage,
      "--freeze and --reason go together: why nothing may change, for whom it stops",
    );
  const [from, until, ...others] = freeze.split("..");
  if (until === undefined || others.length > 0)
    throw new Failure(EXIT.usage, `--freeze takes FROM..UNTIL, and not ${freeze}`, {
      hint: `each is ${TYPED_MOMENT}; an empty FROM is now`,
    });
  const window = {
    from: from === "" ? formatTime(nowMs) : momentOf(from ?? "", nowMs),
    until: momentOf(until, nowMs),
    reason,
  };
  if (window.until <= window.from)
    throw new Failure(EXIT.usage, `--freeze ends before it begins: ${window.from}..${window.until}`);
  return [window];
}

function momentOf(text: string, nowMs: number): string {
  const ms = parseTypedMoment(text, { nowMs, span: "ahead" });
  if (ms === undefined)
    throw new Failure(EXIT.usage, `--freeze: ${text === "" ? "nothing" : text} is no moment`, {
      hint: `give ${TYPED_MOMENT}`,
    });
  return formatTime(ms);
}

/** The flag for a place in a policy. */
export function flagOfPolicy(pointer: string): string | undefined {
  if (pointer === "/rollouts") return "--rollouts";
  if (pointer.startsWith("/freeze")) return pointer.endsWith("/reason") ? "--reason" : "--freeze";
  const flag = Object.entries(BUDGET_FLAGS).find(([, name]) => pointer === `/budgets/${name}`)?.[0];
  return flag === undefined ? undefined : `--${flag}`;
}
