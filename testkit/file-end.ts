/**
 * What ends with a test file, whoever began it. One process runs many files and loads a module of ours once, so such a
 * module cannot say `afterAll` for each of them.
 */
const ends: (() => Promise<void>)[] = [];

/** Has `end` called once, after the last test of the file that is running now. */
export function atFileEnd(end: () => Promise<void>): void {
  ends.push(end);
}

/** For setup.ts. */
export async function endFile(): Promise<void> {
  await Promise.all(ends.splice(0).map((end) => end()));
}
