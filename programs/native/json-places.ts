/** Where the parts of a JSON text stand. Promise: it knows only texts as they are usually written, and says so of others. */

export interface JsonPlace {
  readonly begin: number;
  readonly end: number;
  /** Whether there are spaces or line ends between its parts. */
  readonly spaced: boolean;
  /** Of an object, by their names. */
  readonly members: ReadonlyMap<string, JsonPlace> | undefined;
  /** Of an array. */
  readonly items: readonly JsonPlace[] | undefined;
}

const CHARS = { brace: 0x7b, bracket: 0x5b, quote: 0x22, backslash: 0x5c } as const;

/** Deeper than the interface takes; and far from the end of the stack. */
const DEPTH_MAX = 100;

/**
 * The parts of a text with a character for each byte. Undefined when it is no JSON, when a member is given twice, when a
 * name is written with a backslash, and when it nests deeper than anybody may.
 */
export function jsonPlaces(text: string): JsonPlace | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return new Scan(text).whole();
}

/** Goes through a text that is JSON. */
class Scan {
  readonly #text: string;
  #at = 0;
  #spaces = 0;
  #unusual = false;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): JsonPlace | undefined {
    const part = this.#part(DEPTH_MAX);
    return this.#unusual ? undefined : part;
  }

  #part(depth: number): JsonPlace {
    this.#skipSpaces();
    const begin = this.#at;
    const before = this.#spaces;
    let [members, items]: [Map<string, JsonPlace> | undefined, JsonPlace[] | undefined] = [
      undefined,
      undefined,
    ];
    if (depth === 0) this.#unusual = true;
    if (!this.#unusual) {
      const char = this.#text.charCodeAt(begin);
      if (char === CHARS.brace) members = this.#members(depth - 1);
      else if (char === CHARS.bracket) items = this.#items(depth - 1);
      else if (char === CHARS.quote) this.#skipString();
      else this.#skipWord();
    }
    return { begin, end: this.#at, spaced: this.#spaces > before, members, items };
  }

  #members(depth: number): Map<string, JsonPlace> {
    const members = new Map<string, JsonPlace>();
    for (let open = !this.#isEmpty("}"); open && !this.#unusual; open = this.#next() === ",") {
      this.#skipSpaces();
      const begin = this.#at + 1;
      this.#skipString();
      const name = this.#text.slice(begin, this.#at - 1);
      if (name.includes("\\") || members.has(name)) this.#unusual = true;
      this.#skipSpaces();
      this.#at += 1;
      members.set(name, this.#part(depth));
    }
    return members;
  }

  #items(depth: number): JsonPlace[] {
    const items: JsonPlace[] = [];
    for (let open = !this.#isEmpty("]"); open && !this.#unusual; open = this.#next() === ",")
      items.push(this.#part(depth));
    return items;
  }

  /** Steps over the bracket, and over the one that ends it where there is nothing in between. */
  #isEmpty(end: "}" | "]"): boolean {
    this.#at += 1;
    this.#skipSpaces();
    if (this.#text[this.#at] !== end) return false;
    this.#at += 1;
    return true;
  }

  /** What stands behind a part. */
  #next(): string | undefined {
    this.#skipSpaces();
    this.#at += 1;
    return this.#text[this.#at - 1];
  }

  #skipSpaces(): void {
    while (this.#text.charCodeAt(this.#at) <= 0x20) {
      this.#at += 1;
      this.#spaces += 1;
    }
  }

  #skipString(): void {
    for (;;) {
      this.#at = this.#text.indexOf('"', this.#at + 1);
      let escapes = 0;
      while (this.#text.charCodeAt(this.#at - 1 - escapes) === CHARS.backslash) escapes += 1;
      if (escapes % 2 === 0) break;
    }
    this.#at += 1;
  }

  /** A number, true, false or null. */
  #skipWord(): void {
    WORD.lastIndex = this.#at;
    WORD.test(this.#text);
    this.#at = WORD.lastIndex;
  }
}

const WORD = /[-+.\w]+/y;
