/**
 * What a restore lost and an agent still has, brought back as commits. Promise: each lost commit is one commit, made once
 * however often this is repeated; what was changed at the origin since is named, and overwritten only where that was said.
 */
import * as z from "zod/mini";
import { CommitAnswer, CommitsPage, Lineage, ListPage } from "../../../lib/api/document-answers.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import { requireYes } from "../ask.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { countWords, say, sayDone } from "../output.ts";
import { followPages } from "../pages.ts";

export interface FromAgentOptions {
  /** For keys that were changed at the origin since: take what was lost, or leave what is there. */
  readonly conflicts: "theirs" | "ours" | undefined;
  readonly plan: boolean;
  readonly yes: boolean;
}

const Histories = z.object({
  histories: z.array(z.object({ lineage: z.string(), revision: z.number(), served: z.boolean() })),
});
const LostChange = z.discriminatedUnion("op", [
  z.object({ op: z.literal("put"), key: z.string(), mediaType: z.string(), base64: z.string() }),
  z.object({ op: z.literal("delete"), key: z.string() }),
]);
const LostCommit = z.object({
  revision: z.number(),
  id: z.string(),
  time: z.string(),
  actor: z.string(),
  message: z.optional(z.string()),
  changes: z.array(LostChange),
});
type LostCommit = z.infer<typeof LostCommit>;
const LostPage = z.object({ commits: z.array(LostCommit), more: z.boolean() });

interface Lost {
  readonly lineage: string;
  readonly sharedRevision: number;
  readonly commits: readonly LostCommit[];
}

export async function recoverFromAgent(
  origin: Client,
  agent: Client,
  namespace: string,
  options: FromAgentOptions,
): Promise<void> {
  const found = await findLost(origin, agent, namespace);
  if (found === undefined) {
    sayDone(`nothing of ${namespace} is lost: the origin has all that this agent has`);
    return;
  }
  const present = await presentRevisions(origin, namespace);
  const { left: commits, made } = await withoutMade(origin, found);
  const keys = new Set(commits.flatMap(({ changes }) => changes.map(({ key }) => key)));
  const conflicts = [...keys].filter((key) => {
    const revision = present.get(key) ?? 0;
    return revision > found.sharedRevision && !made.has(revision);
  });
  if (commits.length === 0) {
    sayDone(`everything of it is in ${namespace} already`);
    return;
  }
  show({ ...found, commits }, conflicts);
  if (conflicts.length > 0 && options.conflicts === undefined)
    throw new Failure(
      EXIT.stale,
      `${countWords(conflicts.length, "key")} of ${namespace} changed at the origin after revision ${found.sharedRevision}: ${shortened(conflicts)}`,
      { hint: "say --theirs to take what was lost, or --ours to leave what is there" },
    );
  if (options.plan) return;
  const question = `Commit ${countWords(commits.length, "lost commit")} to ${namespace}?`;
  if (!options.yes) await requireYes(question, { flag: "--yes", look: "--plan" });
  const left = new Set(options.conflicts === "ours" ? conflicts : []);
  const last = await commitAll(origin, namespace, { found: { ...found, commits }, present, left });
  sayDone(
    last === undefined
      ? `nothing was to be changed in ${namespace}`
      : `${countWords(commits.length, "commit")} brought back: ${namespace} is at revision ${last}`,
  );
}

/** The commits that no earlier call of this made; and the revisions of those that one did. */
async function withoutMade(
  origin: Client,
  found: Lost,
): Promise<{ readonly left: readonly LostCommit[]; readonly made: ReadonlySet<number> }> {
  const left: LostCommit[] = [];
  const made = new Set<number>();
  for (const commit of found.commits) {
    const query = { requestId: requestIdOf(found, commit), limit: 1 };
    const { commits } = await origin.json(CommitsPage, "GET", "/v1/commits", { query });
    const [before] = commits;
    if (before === undefined) left.push(commit);
    else made.add(before.revision);
  }
  return { left, made };
}

function requestIdOf({ lineage }: Lost, { revision }: LostCommit): string {
  return `recover-${lineage.slice(0, 8)}-${revision}`;
}

/** Undefined where the origin has all of it. Throws Failure for a history that is not the origin's. */
async function findLost(origin: Client, agent: Client, namespace: string): Promise<Lost | undefined> {
  const { lives, head } = await origin.json(Lineage, "GET", "/v1/lineage");
  const { histories } = await agent.json(Histories, "GET", "/v1/agent/lost", { query: { ns: namespace } });
  for (const { lineage, revision, served } of histories) {
    const at = lives.findIndex((life) => life.lineage === lineage);
    if (at < 0 && served)
      throw new Failure(
        EXIT.refused,
        `the agent serves a history that the origin does not come from (${lineage})`,
      );
    const sharedRevision = lives[at + 1]?.parentRevision ?? head;
    if (at < 0 || revision <= sharedRevision) continue;
    const commits = await lostCommits(agent, { namespace, lineage, after: sharedRevision });
    if (commits.length > 0) return { lineage, sharedRevision, commits };
  }
  return undefined;
}

async function lostCommits(
  agent: Client,
  {
    namespace,
    lineage,
    after,
  }: { readonly namespace: string; readonly lineage: string; readonly after: number },
): Promise<LostCommit[]> {
  const commits: LostCommit[] = [];
  for (;;) {
    const from = commits.at(-1)?.revision ?? after;
    const query = { ns: namespace, lineage, after: from };
    const page = await agent.json(LostPage, "GET", "/v1/agent/lost", { query });
    commits.push(...page.commits);
    if (!page.more) return commits;
  }
}

/** What stands at the origin now, by key. */
async function presentRevisions(origin: Client, namespace: string): Promise<Map<string, number>> {
  const present = new Map<string, number>();
  for await (const page of followPages(origin, ListPage, pathTo`/v1/list/${namespace}`, { limit: 1000 }))
    for (const { key, revision } of page.documents) present.set(key, revision);
  return present;
}

function show({ commits, sharedRevision }: Lost, conflicts: readonly string[]): void {
  say(`lost after revision ${sharedRevision}:`);
  for (const { revision, time, message = "", changes } of commits) {
    const keys = changes.map(
      ({ op, key }) =>
        `${op === "put" ? "+" : "-"}${key}${conflicts.includes(key) ? " (changed since)" : ""}`,
    );
    say(`  ${revision}  ${time}  ${shortened(keys)}  ${message}`.trimEnd());
  }
}

function shortened(words: readonly string[]): string {
  return words.length > 5 ? `${words.slice(0, 5).join(", ")} and ${words.length - 5} more` : words.join(", ");
}

/** Gives the last revision that was made; undefined where all was made before. */
async function commitAll(
  origin: Client,
  namespace: string,
  {
    found,
    present,
    left,
  }: { readonly found: Lost; readonly present: Map<string, number>; readonly left: ReadonlySet<string> },
): Promise<number | undefined> {
  let last: number | undefined;
  for (const commit of found.commits) {
    const changes = commit.changes
      .filter(({ op, key }) => !left.has(key) && (op === "put" || present.has(key)))
      .map((change) => ({ ...change, namespace, ifRevision: present.get(change.key) ?? 0 }));
    if (changes.length === 0) continue;
    const made = await origin.json(CommitAnswer, "POST", "/v1/commit", {
      headers: { "idempotency-key": requestIdOf(found, commit) },
      body: JSON.stringify({
        message: commit.message ?? `brought back from an agent: revision ${commit.revision}`,
        meta: {
          recoveredRevision: String(commit.revision),
          recoveredLineage: found.lineage,
          recoveredActor: commit.actor,
        },
        changes,
      }),
      what: `the lost revision ${commit.revision}`,
    });
    if (!made.unchanged) last = made.revision;
    for (const { op, key, revision } of made.changes)
      if (op === "delete") present.delete(key);
      else present.set(key, revision);
  }
  return last;
}
