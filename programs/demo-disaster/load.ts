/** Writers that note each commit when it is acknowledged, and a look at how far the bucket is meanwhile. */
import { setTimeout as sleep } from "node:timers/promises";
import type { BackupStatus } from "../../lib/api/backup-answers.ts";
import { openConfig } from "../../packages/client/index.ts";
import { openServer } from "../../packages/client/server.ts";

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
  target: LoadTarget,
  { writers, seconds }: { writers: number; seconds: number },
): Promise<Acked[]> {
  const untilMs = Date.now() + seconds * 1000;
  const config = openConfig({ ...target, namespace: "demo" });
  const acked: Acked[] = [];
  const write = async (writer: number) => {
    for (let nth = 0; Date.now() < untilMs; nth += 1) {
      const key = `load/${writer}/${nth % 50}`;
      const value = `writer ${writer}, commit ${nth}`;
      const change = { op: "put", key, mediaType: "text/plain", text: value, ifRevision: "any" } as const;
      const { revision } = await config.commit([change], { message: "under load" });
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
export function watchBackup(target: LoadTarget): { stop(): Seen } {
  const server = openServer({ ...target, attempts: 1 });
  let seen: Seen = { exportedRevision: 0, provenRevision: 0 };
  let going = true;
  const look = async () => {
    while (going) {
      const status = await server.json<BackupStatus>({ method: "GET", path: "/v1/backup/status" });
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
