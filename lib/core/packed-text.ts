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
  const latin = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const steps = shortest(longestRepeats(latin));
  let pieces = "";
  let plain = "";
  for (let at = 0; at < latin.length; ) {
    const { back, length } = steps[at] ?? PLAIN;
    if (length === 0) plain += latin.charAt(at);
    if (length > 0 || plain.length === LENGTH_MAX) {
      pieces += `${char(plain.length)}${plain}${char(back >> 8)}${char(back & 255)}${char(length)}`;
      plain = "";
    }
    at += Math.max(1, length);
  }
  return { sizeBytes: bytes.length, pieces: pieces + char(plain.length) + plain };
}

interface Repeat {
  readonly back: number;
  /** 0: the character as it is. */
  readonly length: number;
}

const PLAIN: Repeat = { back: 0, length: 0 };
/** Of what a repetition is described by. */
const REPEAT_COST = 4;

/** For each place the longest earlier text that comes again there. */
function longestRepeats(latin: string): Repeat[] {
  const places = new Map<string, number[]>();
  return Array.from(latin, (_, at) => {
    const word = latin.slice(at, at + REPEAT_MIN);
    const before = places.get(word) ?? [];
    places.set(word, [at, ...before].slice(0, PLACES_MAX));
    return longestRepeat(latin, at, before);
  });
}

/** From each place the step that leads to the end with the fewest bytes: often a shorter repetition makes room for a longer. */
function shortest(longest: readonly Repeat[]): Repeat[] {
  const costs = new Array<number>(longest.length + 1).fill(0);
  const steps = new Array<Repeat>(longest.length).fill(PLAIN);
  for (let at = longest.length - 1; at >= 0; at -= 1) {
    costs[at] = 1 + (costs[at + 1] ?? 0);
    const { back, length: max } = longest[at] ?? PLAIN;
    for (let length = REPEAT_MIN; length <= max; length += 1) {
      const cost = REPEAT_COST + (costs[at + length] ?? 0);
      if (cost >= (costs[at] ?? 0)) continue;
      costs[at] = cost;
      steps[at] = { back, length };
    }
  }
  return steps;
}

function char(code: number): string {
  return String.fromCharCode(code);
}

/** Never over the place itself, so that a repetition is one copy. */
function longestRepeat(text: string, at: number, places: readonly number[]): Repeat {
  let best = PLAIN;
  for (const place of places) {
    const back = at - place;
    if (back > BACK_MAX) break;
    const max = Math.min(LENGTH_MAX, back, text.length - at);
    let length = 0;
    while (length < max && text.charCodeAt(place + length) === text.charCodeAt(at + length)) length += 1;
    if (length > best.length && length >= REPEAT_MIN) best = { back, length };
  }
  return best;
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
