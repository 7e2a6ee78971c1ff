/** Writers that note each commit when it is acknowledged, and a look at how far the bucket is meanwhile. */
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";

const Committed = z.object({ revision: z.number() });
const Status = z.object({ exportedRevision: z.nullable(z.number()), provenRevision: z.nullable(z.number()) });

export interface LoadTarget {
  readonly url: string;
  readonly token: string;
}

/** A commit that was answered with 200. */
export interface Acked {
  readonly revision: number;
  readonly key: string;
  readonly value: string;
  readonly ackedMs: number;
}

/** Writes with some clients at once for a while; gives what was acknowledged, in order of revisions. */
export async function writeUnderLoad(
  { url, token }: LoadTarget,
  { writers, seconds }: { writers: number; seconds: number },
): Promise<Acked[]> {
  const untilMs = Date.now() + seconds * 1000;
  const acked: Acked[] = [];
  const write = async (writer: number) => {
    for (let nth = 0; Date.now() < untilMs; nth += 1) {
      const key = `load/${writer}/${nth % 50}`;
      const value = `writer ${writer}, commit ${nth}`;
      const change = {
        op: "put",
        namespace: "demo",
        key,
        mediaType: "text/plain",
        text: value,
        ifRevision: "any",
      };
      const answer = await fetch(`${url}/v1/commit`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ message: "under load", changes: [change] }),
      });
      if (answer.status !== 200)
        throw new Error(`a commit was answered with ${answer.status}: ${await answer.text()}`);
      const { revision } = Committed.parse(await answer.json());
      acked.push({ revision, key, value, ackedMs: Date.now() });
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  return acked.sort((left, right) => left.revision - right.revision);
}

export interface Seen {
  readonly exportedRevision: number;
  readonly provenRevision: number;
}

/** Asks for the backup's status a few times a second; `stop` gives what was seen last. */
export function watchBackup({ url, token }: LoadTarget): { stop(): Seen } {
  let seen: Seen = { exportedRevision: 0, provenRevision: 0 };
  let going = true;
  const look = async () => {
    while (going) {
      const answer = await fetch(`${url}/v1/backup/status`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const status = Status.parse(await answer.json());
      seen = { exportedRevision: status.exportedRevision ?? 0, provenRevision: status.provenRevision ?? 0 };
      await sleep(200);
    }
  };
  // The server is killed under it, so the last question may go unanswered: what was seen before counts.
  look().catch(() => {});
  return {
    stop() {
      going = false;
      return seen;
    },
  };
}
