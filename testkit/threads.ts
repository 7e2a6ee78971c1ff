/** Where the JavaScript of our threads lies in tests; build-once.ts makes it. */
import { join } from "node:path";

export const THREADS_VARIABLE = "LEDGE_TEST_THREADS";

export function threadFile(name: "host-worker" | "native-worker" | "libsql-worker"): string {
  const folder = process.env[THREADS_VARIABLE];
  if (folder === undefined) throw new Error("the tests' setup has not made the threads' files");
  return join(folder, `${name}.mjs`);
}
