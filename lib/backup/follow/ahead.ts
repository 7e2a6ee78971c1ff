/**
 * Objects in order, each fetched while the one before it is worked on: a bucket that is far away is waited for half as
 * long. Promise: at most two are held.
 */
export async function* readAhead<Item, Read>(
  items: readonly Item[],
  read: (item: Item) => Promise<Read>,
): AsyncGenerator<readonly [Item, Read]> {
  const start = (item: Item | undefined) => {
    const reading = item === undefined ? undefined : read(item);
    // Whoever comes to it hears of it; whoever stops before that has no use for it.
    reading?.catch(() => {});
    return reading;
  };
  let next = start(items[0]);
  for (const [at, item] of items.entries()) {
    const got = await next;
    next = start(items[at + 1]);
    if (got !== undefined) yield [item, got];
  }
}
