/**
 * The store as a model in memory: what a commit does to documents, said in Maps and nothing else. It shares no
 * code with the rules of a commit; a property test holds the two against each other.
 */
import { judgeSteps, type ModelAsked, type ModelPolicy } from "./model-policies.ts";
import type { TestChange } from "./proposals.ts";

export interface ModelDocument {
  readonly value: string;
  readonly type: string;
  readonly revision: number;
  readonly created: number;
  readonly version: number;
}

export type ModelAnswer = { code: string } | { revision: number; unchanged: boolean; results: string[] };

/** Whoever commits by a token that may do everything, and says nothing. */
const ROOT: ModelAsked = { actor: "root", nowMs: 0, override: undefined, mayOverride: "all" };

export class StoreModel {
  head: number;
  /** Current documents by `namespace key`. */
  readonly documents = new Map<string, ModelDocument>();
  /** State after each revision, for reads of the past. */
  readonly past = new Map<number, Map<string, ModelDocument>>();
  private readonly policies = new Map<string, readonly [readonly [string, string], ModelPolicy]>();
  private readonly said = new Map<
    string,
    { content: string; answer: ModelAnswer; reason: string | undefined }
  >();

  private readonly namespaces: ReadonlySet<string>;

  constructor(head: number, namespaces: ReadonlySet<string>) {
    this.head = head;
    this.namespaces = namespaces;
  }

  /** Sets the policy of a scope; says whether that made a revision. */
  setPolicy(ns: string, scope: string, policy: ModelPolicy): boolean {
    const name = `${ns} ${scope}`;
    if (JSON.stringify(this.policies.get(name)?.[1]) === JSON.stringify(policy)) return false;
    this.policies.set(name, [[ns, scope], policy]);
    this.head += 1;
    this.past.set(this.head, new Map(this.documents));
    return true;
  }

  commit(changes: readonly TestChange[], requestId?: string, asked = ROOT): ModelAnswer {
    if (changes.length === 0) return { code: "invalid_body" };
    const names = changes.map(nameOf);
    if (new Set(names).size !== names.length) return { code: "duplicate_change" };
    const content = JSON.stringify(
      changes
        .map((c) =>
          c.op === "put" ? [c.op, nameOf(c), c.value ?? null, c.type ?? "text/plain"] : [c.op, nameOf(c)],
        )
        .sort(),
    );
    const name = `${asked.actor} ${requestId}`;
    const before = requestId === undefined ? undefined : this.said.get(name);
    if (before !== undefined) {
      const same = before.content === content && [undefined, asked.override].includes(before.reason);
      return same ? before.answer : { code: "idempotency_mismatch" };
    }
    const code = this.refusal(changes);
    if (code !== undefined) return { code };
    const steps = changes
      .filter((c) => this.alters(c))
      .map((change) => ({ change, before: this.documents.get(nameOf(change))?.value }));
    const policies = judgeSteps(this.policies, steps, asked);
    if (policies.code !== undefined) return { code: policies.code };
    const answer = this.apply(changes);
    if (requestId !== undefined && !("code" in answer) && !answer.unchanged)
      this.said.set(name, { content, answer, reason: policies.used ? asked.override : undefined });
    return answer;
  }

  private refusal(changes: readonly TestChange[]): string | undefined {
    if (changes.some((c) => !this.namespaces.has(c.ns))) return "namespace_not_found";
    const at = (c: TestChange) => this.documents.get(nameOf(c));
    if (changes.some((c) => c.op === "delete" && at(c) === undefined)) return "not_found";
    const named = (c: TestChange) => c.if !== undefined && c.if !== null;
    if (changes.some((c) => c.op !== "check" && at(c) !== undefined && !named(c)))
      return "precondition_required";
    if (changes.some((c) => c.if === 0 && at(c) !== undefined)) return "exists";
    if (changes.some((c) => named(c) && Number(c.if) > 0 && at(c)?.revision !== c.if)) return "stale";
    return undefined;
  }

  private alters(c: TestChange): boolean {
    const old = this.documents.get(nameOf(c));
    return (
      c.op === "delete" ||
      (c.op === "put" && !(old?.value === c.value && old?.type === (c.type ?? "text/plain")))
    );
  }

  private apply(changes: readonly TestChange[]): ModelAnswer {
    const alters = (c: TestChange) => this.alters(c);
    const unchanged = !changes.some(alters);
    if (!unchanged) this.head += 1;
    const results = changes.map((c) => {
      if (c.op === "check") return "checked";
      if (!alters(c)) return "unchanged";
      const old = this.documents.get(nameOf(c));
      if (c.op === "delete") {
        this.documents.delete(nameOf(c));
        return "deleted";
      }
      this.documents.set(nameOf(c), {
        value: String(c.value),
        type: c.type ?? "text/plain",
        revision: this.head,
        created: old?.created ?? this.head,
        version: (old?.version ?? 0) + 1,
      });
      return old === undefined ? "created" : "changed";
    });
    this.past.set(this.head, new Map(this.documents));
    return { revision: this.head, unchanged, results };
  }
}

export function nameOf(change: { ns: string; key: string }): string {
  return `${change.ns} ${change.key}`;
}
