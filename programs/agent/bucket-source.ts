/**
 * The bucket as a source of an agent: what a follower of it gives and refuses, in an agent's words; and how high it was, kept
 * in a file, so that no later process takes an older snapshot that somebody has put back.
 */
import { readFileSync } from "node:fs";
import * as z from "zod/mini";
import { openBucketSource } from "../../lib/backup/follow/bucket-source.ts";
import type { KnownManifest } from "../../lib/backup/follow/known.ts";
import { SourceRefused } from "../../lib/backup/follow/refused.ts";
import { type Bucket, BucketFault } from "../../lib/bucket/bucket.ts";
import type { Reading } from "../../lib/snapshot/read.ts";
import type { Source, Subject } from "../../packages/agent/source.ts";
import { type ErrorCode, LedgeError } from "../../packages/client/errors.ts";
import { writeSecretFile } from "../cli/secret-file.ts";

export interface AgentBucket {
  readonly bucket: Bucket;
  readonly name: string;
  readonly reading: Reading;
  /** Which of two newest histories is followed, where there are two. */
  readonly branch: string | undefined;
  /** Where it stands how high the bucket was. */
  readonly file: string;
  readonly log: (text: string) => void;
}

export function agentBucketSource({ bucket, name, reading, branch, file, log }: AgentBucket): Source {
  let kept = readKnown(file);
  const source = openBucketSource({
    bucket,
    name,
    reading,
    branch,
    // Of another branch the one of before would be a step back.
    known: branch === undefined ? kept : undefined,
    onDamage: (fault) => log(`${name}: ${fault.object}: ${fault.code}; an older snapshot is taken`),
  });
  const asked = async <T>(subject: Subject, work: () => Promise<T>): Promise<T> => {
    if (subject.channel !== undefined)
      throw new LedgeError("not_served_here", "A bucket does not tell what a channel points at.");
    try {
      const result = await work();
      const known = source.known();
      if (known !== undefined && known !== kept) keepKnown(file, known);
      kept = known;
      return result;
    } catch (error) {
      throw translated(error);
    }
  };
  return {
    kind: "bucket",
    name,
    history: (subject, signal) => asked(subject, () => source.history(subject.namespace, signal)),
    snapshot: (subject, next, signal) =>
      asked(subject, () => source.snapshot(subject.namespace, next, signal)),
    changes: (subject, after, { signal }) =>
      asked(subject, () => source.changes(subject.namespace, after, { signal })),
  };
}

/** By what an agent does with it: a place that is not known is looked into, all else is trouble with this source. */
const CODES: Readonly<Record<SourceRefused["code"], ErrorCode>> = {
  compacted: "compacted",
  lineage: "lineage",
  foreign: "lineage",
  rolled_back: "snapshot_damaged",
  fork: "fork",
  not_found: "not_found",
  bad_parameter: "bad_parameter",
  revision_lost: "revision_lost",
  revision_unknown: "revision_unknown",
};

function translated(error: unknown): unknown {
  if (error instanceof SourceRefused) return new LedgeError(CODES[error.code], error.detail);
  if (!(error instanceof BucketFault)) return error;
  return new LedgeError(error.code, `${error.object}: ${error.detail}`, {
    retryable: error.code === "bucket_unavailable",
  });
}

const Known = z.object({
  lineage: z.string(),
  revision: z.number(),
  epoch: z.number(),
  tip: z.string(),
  object: z.optional(z.string()),
});

function readKnown(file: string): KnownManifest | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    // It was never followed.
    return undefined;
  }
  const { object, ...known } = Known.parse(JSON.parse(text));
  return { ...known, object };
}

function keepKnown(file: string, known: KnownManifest): void {
  try {
    writeSecretFile(file, JSON.stringify(known));
  } catch {
    // On a full disk it is known until this process ends.
  }
}
