/**
 * The store as a model in memory: what a commit does to documents, said in Maps and nothing else. It shares no
 * code with the rules of a commit; a property test holds the two against each other.
 */
import type { ModelDocument } from "./model-document.ts";
import { judgeSteps, type ModelAsked, type ModelPolicy } from "./model-policies.ts";
import { isLike, type ModelRevert, puttingBack } from "./model-reverts.ts";
import { ModelSchemas } from "./model-schemas.ts";
import type { TestChange } from "./proposals.ts";

export type ModelAnswer = { code: string } | { revision: number; unchanged: boolean; results: string[] };

/** Whoever commits by a token that may do everything, and says nothing. */
const ROOT: ModelAsked = { actor: "root", nowMs: 0, override: undefined, mayOverride: "all" };

export class StoreModel {
  head: number;
  /** Current documents by `namespace key`. */
  readonly documents = new Map<string, ModelDocument>();
  /** State after each revision, for reads of the past. */
  readonly past = new Map<number, Map<string, ModelDocument>>();
  /** Revisions that commits and reverts made. */
  readonly made: number[] = [];
  /** The newest revision that changed a key, or deleted it. */
  private readonly changedAt = new Map<string, number>();
  readonly schemas = new ModelSchemas();
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
    this.nextRevision();
    return true;
  }

  /** Sets the schema of a scope, or ends it; the documents that are there stay. */
  setSchema(ns: string, scope: string, schema: string | undefined): void {
    if (this.schemas.set(ns, scope, schema)) this.nextRevision();
  }

  /** The documents at a revision. */
  stateAt(revision: number): ReadonlyMap<string, ModelDocument> {
    return this.past.get(revision) ?? new Map();
  }

  /** A revert answers with the keys that it changed, by name. */
  revert(wish: ModelRevert): ModelAnswer {
    const back = puttingBack(wish, {
      now: this.documents,
      stateAt: (revision) => this.stateAt(revision),
      changedAt: (name) => this.changedAt.get(name) ?? 0,
    });
    if (back === "stale") return { code: "stale" };
    const changes = back
      .filter(({ name, before }) => !isLike(this.documents.get(name), before))
      .map(({ name, before }): TestChange => {
        const space = name.indexOf(" ");
        const place = { ns: name.slice(0, space), key: name.slice(space + 1) };
        if (before === undefined) return { ...place, op: "delete" };
        return { ...place, op: "put", value: before.value, type: before.type };
      })
      .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    if (!changes.every((change) => this.isTaken(change))) return { code: "schema_violation" };
    return this.apply(changes);
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
    if (!changes.every((change) => !this.alters(change) || this.isTaken(change)))
      return { code: "schema_violation" };
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

  private isTaken(change: TestChange): boolean {
    return change.op !== "put" || this.schemas.takes(change);
  }

  private nextRevision(): void {
    this.head += 1;
    this.past.set(this.head, new Map(this.documents));
  }

  private apply(changes: readonly TestChange[]): ModelAnswer {
    const alters = (c: TestChange) => this.alters(c);
    const unchanged = !changes.some(alters);
    if (!unchanged) {
      this.head += 1;
      this.made.push(this.head);
    }
    const results = changes.map((c) => {
      if (c.op === "check") return "checked";
      if (!alters(c)) return "unchanged";
      const old = this.documents.get(nameOf(c));
      this.changedAt.set(nameOf(c), this.head);
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
