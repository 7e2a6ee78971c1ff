/** What the server says against the text, at its place there. */
import type { Refused } from "../../changes/plan-dialog.tsx";
import type { Fault } from "../../editor/faults.ts";
import type { TextKind } from "../../editor/kinds.ts";
import { placeInText } from "../../editor/pointer-place.ts";

/** About the commit and not about the text: the plan says it. */
const OF_COMMITS = [
  "message_required",
  "approval_required",
  "stale",
  "exists",
  "precondition_required",
  "plan_changed",
  "policy_violation",
  "override_required",
  "frozen",
  "forbidden",
  "read_only",
  "rate_limited",
];

export function faultsOf(causes: readonly Refused[], text: string, kind: TextKind): Fault[] {
  return causes
    .filter(({ code }) => code === undefined || !OF_COMMITS.includes(code))
    .map(({ detail = "", code }) => ({ message: detail, code, ...placeOf(detail, text, kind) }));
}

/** A cause names the change by its pointer, and the place in the value at the beginning of its words: `/rps: …`. */
function placeOf(detail: string, text: string, kind: TextKind): Partial<Fault> {
  const [, pointer] = /^(\/.*?): /s.exec(detail) ?? [];
  if (pointer !== undefined) return placeInText(text, pointer, kind) ?? {};
  const [, line, column = "1"] = /\bline (\d+)(?:,? column (\d+))?/.exec(detail) ?? [];
  if (line === undefined) return {};
  const before = text.split("\n").slice(0, Number(line) - 1);
  const from = before.reduce((sum, one) => sum + one.length + 1, 0) + Number(column) - 1;
  return { from: Math.min(from, text.length) };
}
