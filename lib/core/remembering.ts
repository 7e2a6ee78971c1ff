const TEXTS_MAX = 256;
const TEXT_LENGTH_MAX = 4096;

/**
 * The same function of a text, which remembers what it gave for the last texts that are not long: where one process
 * answers many requests, most come again. Nobody may change what it gives.
 */
export function remembering<T>(make: (text: string) => T): (text: string) => T {
  const made = new Map<string, T>();
  return (text) => {
    const known = made.get(text);
    if (known !== undefined) return known;
    const value = make(text);
    if (text.length > TEXT_LENGTH_MAX) return value;
    if (made.size >= TEXTS_MAX) made.clear();
    made.set(text, value);
    return value;
  };
}
