/** What every answer by a channel says. */

/** The newest revision among the documents that say where it points: an edge orders what it is given by it. */
export function pointerHeader(pointer: number): [string, string] {
  return ["ledge-pointer-revision", String(pointer)];
}
