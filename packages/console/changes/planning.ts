/** Asking for a plan of changes, committing them, and proposing them. */
import type { CommitAnswer } from "../../../lib/api/document-answers.ts";
import type { PlanAnswer } from "../../../lib/api/plan-answer.ts";
import type { ProposalMade } from "../../../lib/api/proposal-answers.ts";
import { parseNamespaceSettings } from "../../../lib/core/settings.ts";
import { post, server } from "../app/server.ts";
import { may } from "../app/session.ts";
import { readSystem } from "../app/store.ts";
import type { DocumentPlace, Work } from "./work.ts";

export interface CommitAbout {
  readonly message?: string | undefined;
  readonly override?: { readonly reason: string } | undefined;
}

export function planWork({ body }: Work, words: CommitAbout): Promise<PlanAnswer> {
  return post<PlanAnswer>("/v1/plan", { ...words, ...body });
}

/** `id` says which tries are one and the same: what was done already is not done again. */
export function commitWork(
  { path, body }: Work,
  { id, ...words }: CommitAbout & { planDigest?: string | undefined; id: string },
): Promise<CommitAnswer> {
  const json = { ...words, ...body };
  return server.json<CommitAnswer>({ method: "POST", path, json, headers: { "idempotency-key": id } });
}

/** Sent once: the server remembers no proposals by a key. */
export function proposeWork({ body }: Work, message: string | undefined): Promise<ProposalMade> {
  return post<ProposalMade>("/v1/proposals", { message, ...body });
}

export function mayForAll(
  verb: "plan" | "write" | "read" | "approve" | "override",
  places: readonly DocumentPlace[],
): boolean {
  return places.every(({ namespace, key }) => may(verb, namespace, key));
}

/** Whether one of the namespaces demands a message, as far as the token may read their settings. */
export async function isMessageDemanded(names: readonly string[], signal?: AbortSignal): Promise<boolean> {
  const found = await Promise.all(
    names.map((name) => readSystem(`namespace/${name}`, signal).catch(() => [])),
  );
  return found
    .flat()
    .some(
      ({ key, value }) =>
        names.includes(key.slice("namespace/".length)) &&
        parseNamespaceSettings(JSON.stringify(value))?.messageRequired === true,
    );
}
