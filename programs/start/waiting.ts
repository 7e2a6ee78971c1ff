/** A start that waits says for what, so that nobody takes it for one that hangs. */
import type { BucketSettings } from "../../lib/bucket/settings.ts";

const SAY_AFTER_MS = 2000;

/** Gives what the work gives; after a while a sentence goes to standard error. */
export async function tellWait<T>(what: string, work: Promise<T>): Promise<T> {
  const late = setTimeout(() => console.error(`Waiting for ${what} …`), SAY_AFTER_MS);
  try {
    return await work;
  } finally {
    clearTimeout(late);
  }
}

export function answerOf({ endpoint, bucketName }: BucketSettings): string {
  return `an answer of the bucket ${bucketName} at ${endpoint}`;
}
