/**
 * Long texts that are rarely asked for, in a small component: packed when it is built, unpacked where one is used.
 * A packed text is a row of pieces, each a length and as many bytes, then how far back an earlier piece begins that comes
 * again (two bytes) and its length. One character is one byte, so that the engine holds it so.
 */
import { encodeUtf8 } from "./utf8.ts";

const LENGTH_MAX = 255;
const BACK_MAX = 65_535;
/** A shorter repetition is not worth its own description. */
const REPEAT_MIN = 5;
/** How many earlier places are looked at for the longest repetition. */
const PLACES_MAX = 32;

export interface PackedText {
  /** Of the text in UTF-8. */
  readonly sizeBytes: number;
  readonly pieces: string;
}

/** For the build: it takes its time, and finds the shortest row of pieces. */
export function packText(text: string): PackedText {
  const bytes = encodeUtf8(text);
  const { lengths, backs } = shortest(longestRepeats(bytes));
  let pieces = "";
  let plain = "";
  for (let at = 0; at < bytes.length; ) {
    const [length, back] = [lengths[at] ?? 0, backs[at] ?? 0];
    if (length === 0) plain += char(bytes[at] ?? 0);
    if (length > 0 || plain.length === LENGTH_MAX) {
      pieces += `${char(plain.length)}${plain}${char(back >> 8)}${char(back & 255)}${char(length)}`;
      plain = "";
    }
    at += Math.max(1, length);
  }
  return { sizeBytes: bytes.length, pieces: pieces + char(plain.length) + plain };
}

/** For each place a repetition: its length, 0 for the character as it is, and how far back it begins. */
interface Repeats {
  readonly lengths: Uint8Array;
  readonly backs: Uint16Array;
}

/** Of what a repetition is described by. */
const REPEAT_COST = 4;

/** For each place the longest earlier text that comes again there. */
function longestRepeats(bytes: Uint8Array): Repeats {
  const found = { lengths: new Uint8Array(bytes.length), backs: new Uint16Array(bytes.length) };
  // Of each word the newest place, and of each place the one before it with the same word.
  const newest = new Map<number, number>();
  const earlier = new Int32Array(bytes.length).fill(-1);
  for (let at = 0; at < bytes.length; at += 1) {
    const word = wordAt(bytes, at);
    const first = newest.get(word) ?? -1;
    earlier[at] = first;
    newest.set(word, at);
    for (let [place, looked] = [first, 0]; place >= 0 && looked < PLACES_MAX; looked += 1) {
      if (at - place > BACK_MAX) break;
      const best = found.lengths[at] ?? 0;
      // Most are no longer than the best one: their next byte says so.
      const length = bytes[place + best] === bytes[at + best] ? repeatedFrom(bytes, place, at) : 0;
      if (length >= REPEAT_MIN && length > best) {
        found.lengths[at] = length;
        found.backs[at] = at - place;
      }
      place = earlier[place] ?? -1;
    }
  }
  return found;
}

/** The bytes of the shortest repetition as one number, which 40 bits are. */
function wordAt(bytes: Uint8Array, at: number): number {
  let word = 0;
  for (let nth = at; nth < at + REPEAT_MIN; nth += 1) word = word * 256 + (bytes[nth] ?? 0);
  return word;
}

/** Never over the place itself, so that a repetition is one copy. */
function repeatedFrom(bytes: Uint8Array, place: number, at: number): number {
  const max = Math.min(LENGTH_MAX, at - place, bytes.length - at);
  let length = 0;
  while (length < max && bytes[place + length] === bytes[at + length]) length += 1;
  return length;
}

/** From each place the step that leads to the end with the fewest bytes: often a shorter repetition makes room for a longer. */
function shortest({ lengths: longest, backs }: Repeats): Repeats {
  const costs = new Int32Array(longest.length + 1);
  const lengths = new Uint8Array(longest.length);
  for (let at = longest.length - 1; at >= 0; at -= 1) {
    let least = 1 + (costs[at + 1] ?? 0);
    const max = longest[at] ?? 0;
    for (let length = REPEAT_MIN; length <= max; length += 1) {
      const cost = REPEAT_COST + (costs[at + length] ?? 0);
      if (cost >= least) continue;
      least = cost;
      lengths[at] = length;
    }
    costs[at] = least;
  }
  return { lengths, backs };
}

function char(code: number): string {
  return String.fromCharCode(code);
}

/** The text in UTF-8. */
export function unpackText({ sizeBytes, pieces }: PackedText): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  let to = 0;
  for (let at = 0; at < pieces.length; ) {
    const end = at + 1 + pieces.charCodeAt(at);
    for (at += 1; at < end; at += 1, to += 1) bytes[to] = pieces.charCodeAt(at);
    if (at >= pieces.length) break;
    const from = to - pieces.charCodeAt(at) * 256 - pieces.charCodeAt(at + 1);
    const length = pieces.charCodeAt(at + 2);
    bytes.copyWithin(to, from, from + length);
    to += length;
    at += 3;
  }
  return bytes;
}
