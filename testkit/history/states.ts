/**
 * The model: every state of a few namespaces, replayed from the commits, and what a write would be answered in each. It
 * shares no code with the store and its rules.
 */
import type { SentChange, ToldCause, ToldResult } from "./calls.ts";
import type { Committed } from "./commits.ts";

interface Version {
  readonly revision: number;
  readonly text: string | null;
}

export interface Standing {
  /** Null for none; then `made` is 0. */
  readonly text: string | null;
  readonly made: number;
}

export type Judgement =
  | { readonly code: string; readonly causes: readonly ToldCause[] }
  | { readonly code: null; readonly unchanged: boolean; readonly results: readonly ToldResult[] };

const ABSENT: Standing = { text: null, made: 0 };

export class States {
  /** By namespace, then key, in the order of revisions. The namespaces are empty before the first commit. */
  private readonly versions = new Map<string, Map<string, Version[]>>();
  private readonly altered = new Map<number, readonly SentChange[]>();

  constructor(commits: readonly Committed[]) {
    for (const { revision, changes } of commits) {
      const altering = changes.filter((change) => alters(change, this.at(change, revision - 1)));
      this.altered.set(revision, altering);
      for (const { op, ns, key, text } of altering) {
        const keys = this.versions.get(ns) ?? new Map<string, Version[]>();
        this.versions.set(ns, keys);
        const list = keys.get(key) ?? [];
        keys.set(key, list);
        list.push({ revision, text: op === "put" ? (text ?? "") : null });
      }
    }
  }

  at({ ns, key }: { readonly ns: string; readonly key: string }, revision: number): Standing {
    const list = this.versions.get(ns)?.get(key) ?? [];
    const found = list.findLast((version) => version.revision <= revision);
    return found === undefined || found.text === null ? ABSENT : { text: found.text, made: found.revision };
  }

  /** The documents of a namespace, in the order of their keys. */
  all(ns: string, revision: number): { key: string; text: string; made: number }[] {
    return [...(this.versions.get(ns)?.keys() ?? [])].sort().flatMap((key) => {
      const { text, made } = this.at({ ns, key }, revision);
      return text === null ? [] : [{ key, text, made }];
    });
  }

  /** What the commit changed, without what it only named. */
  alteredBy(revision: number): readonly SentChange[] {
    return this.altered.get(revision) ?? [];
  }

  /** What a write is answered in the state at a revision; `next` is the revision that it would make. */
  judge(changes: readonly SentChange[], revision: number, next = revision + 1): Judgement {
    const there = changes.map((change) => this.at(change, revision));
    const standing = (index: number) => there[index]?.made ?? 0;
    const where = (holds: (change: SentChange, made: number) => boolean) =>
      changes.flatMap((change, index) => (holds(change, standing(index)) ? [index] : []));
    const rules: [string, (change: SentChange, made: number) => boolean][] = [
      ["not_found", ({ op }, made) => op === "delete" && made === 0],
      ["precondition_required", ({ op, named }, made) => op !== "check" && named === null && made > 0],
      ["exists", ({ named }, made) => named === 0 && made > 0],
      ["stale", ({ named }, made) => (named === "present" ? made === 0 : isOther(named, made))],
    ];
    for (const [code, holds] of rules) {
      const indexes = where(holds);
      const told = (index: number) => (standing(index) === 0 ? null : standing(index));
      if (indexes.length > 0)
        return { code, causes: indexes.map((index) => ({ index, revision: told(index) })) };
    }
    const results = changes.map((change, index) => resultOf(change, there[index] ?? ABSENT, next));
    const unchanged = !changes.some((change, index) => alters(change, there[index] ?? ABSENT));
    return { code: null, unchanged, results };
  }
}

function isOther(named: SentChange["named"], made: number): boolean {
  return typeof named === "number" && named > 0 && named !== made;
}

function alters({ op, text }: SentChange, there: Standing): boolean {
  return op === "delete" || (op === "put" && there.text !== text);
}

function resultOf(change: SentChange, there: Standing, next: number): ToldResult {
  if (change.op === "check") return { result: "checked", revision: there.made };
  if (!alters(change, there)) return { result: "unchanged", revision: there.made };
  if (change.op === "delete") return { result: "deleted", revision: next };
  return { result: there.text === null ? "created" : "changed", revision: next };
}
