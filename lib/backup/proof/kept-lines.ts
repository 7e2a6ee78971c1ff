/**
 * Lines that were exported against those that the live store would write now, where compaction has taken some of what they
 * tell. Promise: a change that is there says what was exported, and one that is not there was old enough to go.
 */

interface Change {
  readonly op: string;
  readonly namespace: string;
  readonly key: string;
}

interface Line extends Change {
  readonly revision: number;
  /** Of a line of commits. */
  readonly changes?: readonly Change[];
  /** Of a document's line in a base: what is counted from its past. */
  readonly created?: number;
  readonly version?: number;
}

/** `marks`: from which revision on a namespace keeps its past. */
export function agreeButCompacted(
  exported: readonly string[],
  live: readonly string[],
  marks: ReadonlyMap<string, number>,
): boolean {
  const left = new Map(live.flatMap(factsOf));
  for (const [fact, { namespace, revision }] of exported.flatMap(factsOf)) {
    if (left.delete(fact)) continue;
    if (namespace === undefined || revision > (marks.get(namespace) ?? 0)) return false;
  }
  return left.size === 0;
}

interface About {
  readonly revision: number;
  /** Undefined of a commit's own facts, which stay. */
  readonly namespace: string | undefined;
}

/** What a line says, fact by fact, as texts that are equal where the facts are. */
function factsOf(text: string): [string, About][] {
  const line: Line = JSON.parse(text);
  const { revision, changes } = line;
  if (changes === undefined) {
    const { created: _created, version: _version, ...fact } = line;
    return [[JSON.stringify(fact), { revision, namespace: line.namespace }]];
  }
  const { changes: _changes, ...commit } = line;
  return [
    [JSON.stringify(commit), { revision, namespace: undefined }],
    ...changes.map((change): [string, About] => [
      JSON.stringify([revision, change]),
      { revision, namespace: change.namespace },
    ]),
  ];
}
