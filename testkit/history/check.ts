/**
 * The checker of histories: is there one order of commits that explains every answer that clients of a store were given?
 * The store says the order itself, by its revisions; so it is replayed in a model, and each answer is compared with the
 * state that it names. Pure: it knows no server.
 */
import type { Call, FeedCall, ListCall, LookupCall, ReadCall } from "./calls.ts";
import { commitsOf } from "./commits.ts";
import { type Fault, faultAt } from "./faults.ts";
import type { Model } from "./model.ts";
import { States } from "./states.ts";
import { Timeline } from "./timeline.ts";
import { checkWrite } from "./writes.ts";

export interface Explained {
  readonly faults: readonly Fault[];
  readonly commits: number;
}

/** `base` is the newest revision before the record; the namespaces that the record is about were empty then. */
export function explain(calls: readonly Call[], base: number): Explained {
  const { commits, attempts, faults } = commitsOf(calls, base);
  const model: Model = {
    states: new States(commits),
    timeline: new Timeline(base, commits, calls),
    committed: new Map(commits.map((commit) => [commit.requestId, commit])),
    base,
  };
  const found = [...faults];
  for (const list of attempts.values()) found.push(...checkWrite(list, model));
  for (const call of calls) {
    if (call.kind === "read") found.push(...checkRead(call, model));
    if (call.kind === "list") found.push(...checkList(call, model));
    if (call.kind === "feed") found.push(...checkFeed(call, model));
    if (call.kind === "lookup") found.push(...checkLookup(call, model));
  }
  return { faults: found, commits: commits.length };
}

function checkRead(call: ReadCall, model: Model): Fault[] {
  const { revision, text, made } = call.answer;
  const stands = model.states.at(call, revision);
  const same = stands.text === text && stands.made === made;
  const named = call.at === null || call.at === revision;
  return [
    ...(call.at === null ? checkFresh(call, revision, model) : []),
    ...(same && named ? [] : [faultAt("content", call, `the model has ${JSON.stringify(stands)}`)]),
  ];
}

/** A list shows one state, however many pages it has; only the first page has to be fresh. */
function checkList(call: ListCall, model: Model): Fault[] {
  const { revision, documents } = call.answer;
  const stands = model.states.all(call.ns, revision);
  const told = documents.map(({ key, text, made }) => ({ key, text, made }));
  const same = JSON.stringify(stands) === JSON.stringify(told);
  return [
    ...checkFresh(call, revision, model),
    ...(same ? [] : [faultAt("content", call, `the model has ${JSON.stringify(stands)}`)]),
  ];
}

/** A page holds every commit from where it began to where it looked, and nothing else. */
function checkFeed(call: FeedCall, model: Model): Fault[] {
  const { after, ns, answer } = call;
  const faults = checkFresh(call, answer.head, model);
  const expected: [number, string[]][] = [];
  for (let revision = Math.max(after, model.base) + 1; revision <= answer.revision; revision += 1) {
    const changes = model.states.alteredBy(revision).filter((one) => ns === null || one.ns === ns);
    if (changes.length > 0) expected.push([revision, changes.map(lineOf).sort()]);
  }
  const told = answer.commits.map(({ revision, changes }) => [revision, changes.map(lineOf).sort()]);
  if (answer.revision > answer.head || answer.revision < after)
    faults.push(faultAt("answer", call, "a page that looked beyond the head, or back"));
  if (JSON.stringify(told) !== JSON.stringify(expected))
    faults.push(faultAt("content", call, `the model has ${JSON.stringify(expected)}`));
  return faults;
}

function lineOf(change: { op: string; ns: string; key: string; text?: string | null | undefined }): string {
  return JSON.stringify([change.op, change.ns, change.key, change.op === "put" ? change.text : null]);
}

/** "There is none" is wrong about a commit that was there before the question. */
function checkLookup(call: LookupCall, { committed, timeline }: Model): Fault[] {
  const commit = committed.get(call.requestId);
  const wasThere = commit !== undefined && commit.revision <= timeline.atLeast(call.start);
  return call.answer === null && wasThere ? [faultAt("stale", call, `it is ${commit.revision}`)] : [];
}

function checkFresh(call: Call, revision: number, { timeline }: Model): Fault[] {
  const [least, most] = [timeline.atLeast(call.start), timeline.atMost(call.end)];
  if (revision < least) return [faultAt("stale", call, `${least} was known before`)];
  return revision > most ? [faultAt("early", call, `nobody had sent what follows ${most}`)] : [];
}
