/**
 * The export after a commit, where `backup_on_commit` wants one: asks snapshot-export by service chaining, and says
 * in the answer what the bucket holds. Promise: by then the commit is durable, and nothing that goes wrong here
 * changes its answer but that header.
 */

import type { CommitOutcome } from "../core/commit/verdict.ts";
import { BACKED_UP_HEADER, BACKUP_WAIT_MS, ON_COMMIT_VARIABLE, parseOnCommit } from "../core/on-commit.ts";
import { type Refusal, refuse } from "../core/refusal.ts";
import { readExported } from "../store/catalogue/exported.ts";
import { type Answer, type Door, isRefusal, type Work } from "./answer.ts";
import type { World } from "./world.ts";

/** Before a write: a word that the setting does not have would leave somebody to believe in backups. */
export function judgeOnCommit({ world, made }: Door): Refusal<"not_ready"> | undefined {
  const wanted = parseOnCommit(world.variable(ON_COMMIT_VARIABLE));
  if (wanted !== undefined) {
    made.onCommit = wanted;
    return undefined;
  }
  return refuse(
    "not_ready",
    `The variable ${ON_COMMIT_VARIABLE} must be off, start or wait. Nothing is written.`,
  );
}

/** Notes what was committed, for `withBackup`. A repeated request asks again: its first answer may be lost. */
export function noteCommit(door: Door, outcome: CommitOutcome): void {
  if (outcome.ok && !outcome.unchanged) door.made.revision = outcome.revision;
}

/** Does the work, and then the backup of what it committed. */
export function withBackup(work: Work): Work {
  return (door) => {
    const answer = work(door);
    const { revision, onCommit } = door.made;
    if (revision === null || onCommit === "off") return answer;
    return backUp(door.world, { revision, wait: onCommit === "wait" }, answer);
  };
}

function backUp(
  world: World,
  { revision, wait }: { readonly revision: number; readonly wait: boolean },
  answer: Answer,
): Answer {
  // An exporter at work looks again before it rests, so this commit goes with it: one for each commit would cost more
  // than the commit. Who waits asks all the same: the exporter's instance waits then, and holds up no writer's.
  if (!wait && readExported(world.db, world.nowMs()).leased) return answer;
  const until = wait ? `&until=${world.nowMs() + BACKUP_WAIT_MS}` : "";
  const path = `/internal/backup/committed?revision=${revision}&wait=${wait ? 1 : 0}${until}`;
  const reply = world.chain?.("snapshot-export", path);
  if (reply === undefined || reply.status >= 300) {
    world.log("backup.not_started", { revision, status: reply?.status ?? null });
  }
  const held = reply?.headers.find(([name]) => name.toLowerCase() === BACKED_UP_HEADER)?.[1];
  return wait && held !== undefined ? withHeld(answer, held) : answer;
}

function withHeld(answer: Answer, held: string): Answer {
  return isRefusal(answer) ? answer : { ...answer, headers: [...answer.headers, [BACKED_UP_HEADER, held]] };
}
