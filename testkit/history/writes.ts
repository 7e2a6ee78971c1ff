/** Judges the attempts of one write: what it did, what it was told, and in which order of time. */
import type { ToldCause, WriteCall } from "./calls.ts";
import { type Fault, faultAt } from "./faults.ts";
import type { Model } from "./model.ts";
import type { Judgement } from "./states.ts";

/** All attempts have one request id and one content. */
export function checkWrite(attempts: readonly WriteCall[], model: Model): Fault[] {
  const [first] = attempts;
  if (first === undefined) return [];
  const faults = attempts.flatMap((attempt) => checkAnswer(attempt, model));
  const commit = model.committed.get(first.requestId);
  if (commit === undefined) return faults;
  const { revision } = commit;
  const least = model.timeline.atLeast(first.start);
  if (revision <= least) faults.push(faultAt("order", first, `${revision}, where ${least} was known before`));
  const judged = model.states.judge(first.changes, revision - 1);
  if (judged.code !== null || judged.unchanged)
    faults.push(faultAt("answer", first, `the model refuses it before ${revision}: ${judged.code}`));
  for (const { answer, ...rest } of attempts) {
    if (answer.kind !== "done" || answer.unchanged || judged.code !== null) continue;
    if (JSON.stringify(answer.results) !== JSON.stringify(judged.results))
      faults.push(faultAt("answer", { answer, ...rest }, `it did ${JSON.stringify(judged.results)}`));
  }
  const own = attempts.filter(
    ({ answer: told }) => told.kind === "done" && !told.unchanged && !told.replayed,
  );
  if (own.length > 1) faults.push(faultAt("twice", first, "two attempts say that they committed"));
  return faults;
}

function checkAnswer(call: WriteCall, model: Model): Fault[] {
  const { answer } = call;
  if (answer.kind === "unknown") return [];
  const [least, most] = [model.timeline.atLeast(call.start), model.timeline.atMost(call.end)];
  if (answer.kind === "refused") {
    const commit = model.committed.get(call.requestId);
    if (commit !== undefined && commit.revision <= least)
      return [faultAt("refusal", call, `it was committed as ${commit.revision}`)];
    for (let revision = least; revision <= most; revision += 1)
      if (isRefusal(model.states.judge(call.changes, revision), answer)) return [];
    if (hasRaced(call, { least, most }, model)) return [];
    return [faultAt("refusal", call, `no state from ${least} to ${most} explains it`)];
  }
  if (answer.revision > most) return [faultAt("early", call, `nobody had sent what follows ${most}`)];
  if (!answer.unchanged) return [];
  if (answer.revision < least) return [faultAt("stale", call, `${least} was known before`)];
  const judged = model.states.judge(call.changes, answer.revision);
  const same = judged.code === null && judged.unchanged;
  return same && JSON.stringify(judged.results) === JSON.stringify(answer.results)
    ? []
    : [faultAt("answer", call, `the model says ${JSON.stringify(judged)}`)];
}

function isRefusal(
  judged: Judgement,
  { code, causes }: { readonly code: string; readonly causes: readonly ToldCause[] },
): boolean {
  return judged.code === code && JSON.stringify(judged.causes) === JSON.stringify(causes);
}

/**
 * `If-Match: *` is "what is there now", read before the commit. It may be told `stale` about a document that others
 * changed in between, however often it was there; then the ETag is that of a state in the span.
 */
function hasRaced(
  { changes, answer }: WriteCall,
  { least, most }: { readonly least: number; readonly most: number },
  { states }: Model,
): boolean {
  const [change] = changes;
  if (change?.named !== "present" || answer.kind !== "refused" || answer.code !== "stale") return false;
  const made = new Set<number | null>();
  for (let revision = least; revision <= most; revision += 1) made.add(states.at(change, revision).made);
  return made.size > 1 && made.has(answer.causes[0]?.revision ?? 0);
}
