/** A plan as people see it: a line for each change, sizes and types where they change, and on wish the texts. */
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import color from "picocolors";
import { decodeUtf8 } from "../../../lib/core/utf8.ts";
import { escapeControl, formatBytes } from "../output.ts";
import type { ImportPlan, PlannedChange } from "./plan.ts";

const paint = color.createColors(process.stdout.isTTY === true && process.env.NO_COLOR === undefined);

const SIGNS = { create: "+", change: "~", delete: "-" } as const;
const COLOURS = { create: paint.green, change: paint.yellow, delete: paint.red } as const;

/** Prints up to `max` changes, and how many more there are. */
export function printChanges(
  changes: readonly PlannedChange[],
  { max, diff }: { readonly max: number; readonly diff: boolean },
): void {
  for (const change of changes.slice(0, max)) {
    const line = `${SIGNS[change.op]} ${escapeControl(`${change.namespace}/${change.key}`)}`;
    print(`${COLOURS[change.op](line)}  ${paint.dim(describe(change))}`);
    if (diff) printDiff(change);
  }
  if (changes.length > max) print(paint.dim(`… and ${(changes.length - max).toLocaleString("en-US")} more`));
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

/** As `diff -u`; bytes that are no text are only said to differ. */
function printDiff(change: PlannedChange): void {
  const before = change.op === "create" ? "" : change.before.text;
  const after = change.op === "delete" ? "" : decodeUtf8(change.after.bytes);
  if (before === undefined || after === undefined) {
    print(paint.dim("    bytes that are no text"));
    return;
  }
  if (before === after) return;
  const name = `${change.namespace}/${change.key}`;
  const [old, fresh] = [
    change.op === "create" ? "/dev/null" : name,
    change.op === "delete" ? "/dev/null" : name,
  ];
  const patch = createTwoFilesPatch(old, fresh, before, after, undefined, undefined, {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  });
  for (const line of patch.split("\n").slice(0, -1)) print(colourOf(line)(escapeControl(line)));
}

function colourOf(line: string): (text: string) => string {
  if (line.startsWith("+++") || line.startsWith("---")) return paint.bold;
  if (line.startsWith("@@")) return paint.cyan;
  return line.startsWith("+") ? paint.green : line.startsWith("-") ? paint.red : (text) => text;
}

function print(line: string): void {
  process.stdout.write(`${line.trimEnd()}\n`);
}
