/** Where something holds, as indexes: operations are blamed by theirs. */
export function indexesOf<T>(items: readonly T[], holds: (item: T, index: number) => boolean): number[] {
  const indexes: number[] = [];
  for (const [index, item] of items.entries()) if (holds(item, index)) indexes.push(index);
  return indexes;
}
