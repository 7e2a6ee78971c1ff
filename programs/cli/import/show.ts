/** A plan as people see it: a line for each change, sizes and types where they change, and on wish the texts. */
import { decodeUtf8 } from "../../../lib/core/utf8.ts";
import { formatBytes } from "../output.ts";
import { paint, printChange, printLine, printPatch } from "../patch.ts";
import type { ImportPlan, PlannedChange } from "./plan.ts";

/** Prints up to `max` changes, and how many more there are. */
export function printChanges(
  changes: readonly PlannedChange[],
  { max, diff }: { readonly max: number; readonly diff: boolean },
): void {
  for (const change of changes.slice(0, max)) {
    printChange(change.op, `${change.namespace}/${change.key}`, describe(change));
    if (diff) printDiff(change);
  }
  if (changes.length > max)
    printLine(paint.dim(`… and ${(changes.length - max).toLocaleString("en-US")} more`));
}

export interface PlanCounts {
  readonly created: number;
  readonly changed: number;
  readonly deleted: number;
  readonly unchanged: number;
}

export function countPlan({ changes, unchanged }: ImportPlan): PlanCounts {
  const of = (op: PlannedChange["op"]) => changes.filter((change) => change.op === op).length;
  return { created: of("create"), changed: of("change"), deleted: of("delete"), unchanged };
}

/** The plan for programs: what changes, without values. */
export function planAsJson(plan: ImportPlan, newNamespaces: readonly string[]): Record<string, unknown> {
  const changes = plan.changes.map(({ op, namespace, key, ...change }) => ({
    op,
    namespace,
    key,
    ...("after" in change ? { mediaType: change.after.mediaType, size: change.after.bytes.length } : {}),
    ...("before" in change ? { before: factsOf(change.before) } : {}),
  }));
  return { ...countPlan(plan), revision: plan.revision, namespaces: newNamespaces, changes };
}

function factsOf<T extends { text: unknown }>({ text: _text, ...facts }: T): Omit<T, "text"> {
  return facts;
}

function describe(change: PlannedChange): string {
  if (change.op === "create") return `${formatBytes(change.after.bytes.length)}, ${change.after.mediaType}`;
  if (change.op === "delete") return formatBytes(change.before.size);
  const { before, after } = change;
  const [was, is] = [formatBytes(before.size), formatBytes(after.bytes.length)];
  const size = was === is ? is : `${was} → ${is}`;
  return before.mediaType === after.mediaType ? size : `${size}, ${before.mediaType} → ${after.mediaType}`;
}

function printDiff(change: PlannedChange): void {
  const name = `${change.namespace}/${change.key}`;
  printPatch(
    change.op === "create" ? null : { name, text: change.before.text },
    change.op === "delete" ? null : { name, text: decodeUtf8(change.after.bytes) },
  );
}
