/** What a client does next, drawn from a seed. What it names depends on what it has seen; the draws do not. */
import type { Random } from "../random.ts";
import type { SentChange, WriteAnswer } from "./calls.ts";
import type { FeedPlace, RecordingClient } from "./client.ts";

const KEYS = ["a", "b", "c/d", "c/e", "f", "g"] as const;
const LIMITS = [2, 3, 100] as const;
const TRIES = 200;

export interface Actor {
  readonly name: string;
  readonly namespaces: readonly [string, ...string[]];
  readonly random: Random;
  readonly client: RecordingClient;
  /** The revision that each document was last seen at, by `namespace key`; 0 for none. */
  readonly seen: Map<string, number>;
  /** The newest revision before the first operation. */
  readonly base: number;
  /** The newest revision that it was shown. */
  newest: number;
  feed: FeedPlace;
  sent: number;
}

/** One operation: a write in half of all cases. Resolves when its outcome is known. */
export async function act(actor: Actor): Promise<void> {
  const { random, client } = actor;
  const draw = random.below(100);
  const ns = random.pick(actor.namespaces);
  if (draw < 30) return write(actor, [changeOf(actor, ns, random.pick(KEYS), "document")], "document");
  if (draw < 50) return write(actor, changesOf(actor), "commit");
  const limit = random.pick(LIMITS);
  if (draw < 75) return read(actor, ns, random.pick(KEYS));
  if (draw < 87) return client.list(ns, limit);
  // Some begin anew; the others go on behind the page before.
  const anew =
    random.below(5) === 0 ? { after: Math.max(actor.base, actor.newest - 5), cursor: null } : actor.feed;
  if (draw < 95) actor.feed = await client.feed(null, anew, limit);
  else await client.feed(ns, { after: Math.max(actor.base, actor.newest - 5), cursor: null }, limit);
}

async function read(actor: Actor, ns: string, key: string): Promise<void> {
  const past = actor.random.below(4) === 0 && actor.newest > 0 ? actor.newest : null;
  const told = await actor.client.read(ns, key, past);
  if (told === undefined) return;
  actor.newest = Math.max(actor.newest, told.revision);
  if (past === null) actor.seen.set(`${ns} ${key}`, told.made);
}

/** Some are sent once more after their answer, as by a client that did not hear it. */
async function write(
  actor: Actor,
  changes: readonly SentChange[],
  how: "document" | "commit",
): Promise<void> {
  const requestId = `${actor.name}-${actor.sent++}`;
  const [again, looks] = [actor.random.below(10) === 0, actor.random.below(2) === 0];
  const answer = await untilTold(actor.client, { requestId, changes, how, looks });
  if (answer === undefined) return;
  learn(actor, changes, answer);
  // What changed nothing at first has left no trace of its id, and may commit now: its outcome has to be known, too.
  if (again) await untilTold(actor.client, { requestId, changes, how, looks });
}

interface Sent {
  readonly requestId: string;
  readonly changes: readonly SentChange[];
  readonly how: "document" | "commit";
  /** Whether a look for its request id may settle it. */
  readonly looks: boolean;
}

/** Sends it until it is answered; undefined where a look has found its commit. */
async function untilTold(
  client: RecordingClient,
  { requestId, changes, how, looks }: Sent,
): Promise<WriteAnswer | undefined> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const answer = await client.write(requestId, changes, how);
    if (answer.kind !== "unknown") return answer;
    if (looks && typeof (await client.lookup(requestId)) === "number") return undefined;
  }
  throw new Error(`${requestId} was not answered in ${TRIES} attempts`);
}

function learn(actor: Actor, changes: readonly SentChange[], answer: WriteAnswer): void {
  if (answer.kind === "done") actor.newest = Math.max(actor.newest, answer.revision);
  for (const [index, { op, ns, key }] of changes.entries()) {
    if (answer.kind === "done")
      actor.seen.set(`${ns} ${key}`, op === "delete" ? 0 : (answer.results[index]?.revision ?? 0));
    else if (answer.kind === "refused")
      for (const { index: at, revision } of answer.causes)
        if (at === index) actor.seen.set(`${ns} ${key}`, revision ?? 0);
  }
}

/** Two to four changes of different keys, over both namespaces. */
function changesOf(actor: Actor): SentChange[] {
  const names = new Map<string, SentChange>();
  for (let left = 2 + actor.random.below(3); left > 0; left -= 1) {
    const [ns, key] = [actor.random.pick(actor.namespaces), actor.random.pick(KEYS)];
    names.set(`${ns} ${key}`, changeOf(actor, ns, key, "commit"));
  }
  return [...names.values()];
}

function changeOf(actor: Actor, ns: string, key: string, how: "document" | "commit"): SentChange {
  const { random, seen } = actor;
  const [kind, condition, value] = [random.below(10), random.below(10), random.below(8)];
  const there = seen.get(`${ns} ${key}`) ?? 0;
  const whatever = how === "commit" ? "any" : "present";
  const named = condition < 5 ? there : condition < 8 ? whatever : condition < 9 ? 0 : null;
  if (how === "commit" && kind === 0) return { op: "check", ns, key, named: there };
  // A delete of "absent" is a contradiction that the interface refuses otherwise.
  if (kind < 3) return { op: "delete", ns, key, named: named === 0 ? whatever : named };
  // Few values are given twice, so that some writes change nothing.
  const text = value === 0 ? "same" : `${actor.name}-${actor.sent}`;
  return { op: "put", ns, key, text, named };
}
