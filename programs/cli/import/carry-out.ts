/**
 * Carrying out a plan: in one commit where it fits, else in several, each whole. Every change names the revision that
 * the plan saw. What stops in the middle is told with what is done, and the same command again goes on with the rest,
 * because it plans anew.
 */
import { CommitAnswer } from "../../../lib/api/document-answers.ts";
import type { Client } from "../client.ts";
import { type Batch, type BatchChange, batchesOf, type CommitWords } from "../commit-batches.ts";
import { EXIT, Failure } from "../failure.ts";
import { countWords } from "../output.ts";
import { listPages } from "../pages.ts";
import { openProgress } from "../progress.ts";
import type { PlannedChange } from "./plan.ts";

/** How many documents a refusal names. */
const NAMED = 10;

export interface CarriedOut {
  /** The revisions of the first and the last commit; undefined where there was nothing to do. */
  readonly first: number | undefined;
  readonly last: number | undefined;
  readonly commits: number;
  readonly bytes: number;
}

interface CarriedOutBy {
  readonly commitsMax?: number;
  /** Of each batch: the digest of the plan that it is bound to. */
  readonly digests?: readonly string[];
}

/** The commits that a plan is carried out by. */
export function plannedBatches(changes: readonly PlannedChange[], words: CommitWords): Batch[] {
  return [...batchesOf(changes.map(batchChangeOf), words)];
}

export async function carryOut(
  client: Client,
  changes: readonly PlannedChange[],
  words: CommitWords,
  { commitsMax = Number.POSITIVE_INFINITY, digests = [] }: CarriedOutBy = {},
): Promise<CarriedOut> {
  const batches = plannedBatches(changes, words);
  if (batches.length > commitsMax) throw tooMany(changes.length, batches.length);
  // One commit is one answer, and has no progress to be shown.
  const progress = batches.length > 1 ? openProgress(changes.length) : undefined;
  let done: CarriedOut = { first: undefined, last: undefined, commits: 0, bytes: 0 };
  let sent = 0;
  for (const [index, batch] of batches.entries()) {
    const made = await commit(client, batch, digests[index]).catch((error: unknown) => {
      throw withDone(error, done, { total: batches.length, sent });
    });
    sent += batch.changes.length;
    const revision = made.unchanged ? done.last : made.revision;
    done = {
      first: done.first ?? revision,
      last: revision,
      commits: done.commits + (made.unchanged ? 0 : 1),
      bytes: done.bytes + batch.bytes,
    };
    progress?.to(sent, `importing: ${sent} of ${changes.length} changes`);
  }
  progress?.end(`${countWords(done.commits, "commit")} written`);
  return done;
}

function tooMany(changes: number, commits: number): Failure {
  return new Failure(
    EXIT.refused,
    `${countWords(changes, "change")} do not fit into one commit, but into ${commits}; nothing was written`,
    { hint: "do it in parts: name a prefix, or keys with --only" },
  );
}

/** `revision 31`, `revisions 31 to 33`. */
export function formatRevisions({ first, last }: Pick<CarriedOut, "first" | "last">): string {
  return first === last ? `revision ${last}` : `revisions ${first} to ${last}`;
}

function batchChangeOf(change: PlannedChange): BatchChange {
  const { namespace, key } = change;
  if (change.op === "delete") return { op: "delete", namespace, key, ifRevision: change.before.revision };
  const ifRevision = change.op === "create" ? 0 : change.before.revision;
  return { op: "put", document: change.after, ifRevision };
}

async function commit(client: Client, batch: Batch, planDigest: string | undefined): Promise<CommitAnswer> {
  const bound =
    planDigest === undefined ? batch.body : `{"planDigest":"${planDigest}",${batch.body.slice(1)}`;
  try {
    return await client.json(CommitAnswer, "POST", "/v1/commit", { body: bound });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.exit === EXIT.stale) throw await movedFailure(client, batch, error);
    throw withNames(error, batch);
  }
}

async function movedFailure(client: Client, { changes }: Batch, cause: Failure): Promise<Failure> {
  const moved = await findMoved(client, changes);
  const more = moved.length > NAMED ? `, and ${moved.length - NAMED} more` : "";
  return new Failure(
    EXIT.stale,
    `changed by somebody else since the plan: ${moved.slice(0, NAMED).join(", ")}${more}`,
    { code: cause.code, cause, hint: "run the same command again: it plans anew" },
  );
}

/** The server points into the body of the request, which nobody has seen: `/changes/3` is a document. */
function withNames(error: Failure, { changes }: Batch): Failure {
  const message = error.message.replace(/\/changes\/(\d+)/g, (pointer, index: string) => {
    const change = changes[Number(index)];
    return change === undefined ? pointer : nameOf(change);
  });
  return new Failure(error.exit, message, { code: error.code, hint: error.hint, cause: error });
}

function nameOf(change: BatchChange): string {
  const { namespace, key } = change.op === "put" ? change.document : change;
  return `${namespace}/${key}`;
}

/** Which documents are not as the plan saw them. */
async function findMoved(client: Client, changes: readonly BatchChange[]): Promise<string[]> {
  const seen = new Map<string, number>();
  const planned = changes.map((change) => ({ name: nameOf(change), ifRevision: change.ifRevision }));
  for (const namespace of new Set(planned.map(({ name }) => name.slice(0, name.indexOf("/"))))) {
    for await (const page of listPages(client, namespace))
      for (const { key, revision } of page.documents) seen.set(`${namespace}/${key}`, revision);
  }
  return planned
    .filter(({ name, ifRevision }) => (seen.get(name) ?? 0) !== ifRevision)
    .map(({ name }) => name);
}

/** Says how far the import came, where it came to something. */
function withDone(
  error: unknown,
  done: CarriedOut,
  { total, sent }: { readonly total: number; readonly sent: number },
): unknown {
  if (!(error instanceof Failure) || done.commits === 0) return error;
  return new Failure(
    error.exit,
    `${error.message}\n  ${done.commits} of ${countWords(total, "commit")} ${done.commits === 1 ? "is" : "are"} done: ${countWords(sent, "change")}, ${formatRevisions(done)}`,
    { code: error.code, cause: error, hint: "run the same command again: it goes on with the rest" },
  );
}
