/**
 * Backup work that takes more than one request: a run moves a bounded amount and says that there is more, and one that
 * finds another at work does nothing. Promise: what comes back is the end of the work, so that a script may go on.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { BackupProof, BackupRun, PrunePlan, Sealed } from "../../../lib/api/backup-answers.ts";
import { together } from "../../../lib/backup/export/report.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { countWords, formatBytes, say } from "../output.ts";

const POLL_MS = 1000;
/** Longer than the lease of a run that died. */
const WAIT_MS = 600_000;

/** Exports until there is no more; several runs are told as one. */
export async function runToEnd(client: Client): Promise<BackupRun> {
  const ask = () => untilFree(() => client.json(BackupRun, "POST", "/v1/backup/run"));
  let done: BackupRun = await ask();
  while (done.more) {
    say(
      `  ${countWords(done.objects, "object")} written so far (${formatBytes(done.bytes)}), more to come …`,
    );
    done = together(done, await ask());
  }
  return done;
}

/** Reads the whole chain back, however long it is. */
export async function proveToEnd(client: Client): Promise<BackupProof> {
  const ask = () => untilFree(() => client.json(BackupProof, "POST", "/v1/backup/prove"));
  let proof = await ask();
  for (; proof.state === "proving"; proof = await ask()) say("  the chain is long; still reading …");
  return proof;
}

/** Removes what is due. */
export function pruneWhenFree(client: Client): Promise<PrunePlan> {
  return untilFree(() => client.json(PrunePlan, "POST", "/v1/backup/prune"));
}

/** Writes everything and then the seal. */
export async function sealToEnd(client: Client): Promise<Sealed> {
  const ask = () => untilFree(() => client.json(Sealed, "POST", "/v1/backup/seal", { asServerSays: true }));
  let sealed = await ask();
  for (; sealed.state === "sealing"; sealed = await ask()) say("  there is more to write before the seal …");
  return sealed;
}

async function untilFree<T extends { readonly state: string }>(ask: () => Promise<T>): Promise<T> {
  const untilMs = Date.now() + WAIT_MS;
  for (let told = false; ; told = true) {
    const answer = await ask();
    if (answer.state !== "skipped") return answer;
    if (Date.now() > untilMs)
      throw new Failure(EXIT.fault, "another run has been at work for ten minutes", {
        hint: "`ledge backup status` says how far it is",
      });
    if (!told && process.stderr.isTTY === true) say("  another run is at work; waiting for it …");
    await sleep(POLL_MS);
  }
}
