/**
 * SHA-256 of a short text (FIPS 180-4): what a token's secret is hashed by with every request. The library does it in
 * twice the time in the guest, whose interpreter pays for its generality. A test compares it with Node's.
 */

/** The first 32 bits behind the point of the cube roots of the first 64 primes. */
const ROUND = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
].map((word) => word | 0);
/** The same of the square roots of the first 8. */
const START = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
].map((word) => word | 0);

/** The lower-case hex SHA-256 of a text of bytes: of each character the low 8 bits. */
export function sha256OfText(text: string): string {
  const state = START.slice();
  // The text, a one bit, zeros, and the length in bits, in blocks of 64 bytes.
  const blocks = Math.ceil((text.length + 9) / 64);
  for (let block = 0; block < blocks; block += 1) {
    const words = wordsOf(text, 64 * block);
    if (block === blocks - 1) words[15] = 8 * text.length;
    addBlock(state, words);
  }
  let hex = "";
  for (let at = 0; at < 8; at += 1) hex += hexOf(state[at] ?? 0);
  return hex;
}

/** The first 16 words of a block that begins at an offset of the text. */
function wordsOf(text: string, from: number): number[] {
  const w: number[] = [];
  for (let at = from; w.length < 16; at += 4)
    w.push(
      (byteAt(text, at) << 24) |
        (byteAt(text, at + 1) << 16) |
        (byteAt(text, at + 2) << 8) |
        byteAt(text, at + 3),
    );
  return w;
}

/** Behind the text a one bit, and then zeros. */
function byteAt(text: string, at: number): number {
  return at < text.length ? text.charCodeAt(at) & 255 : at === text.length ? 0x80 : 0;
}

/** One block more into the state. An interpreter pays for each step: nothing is made in the loops but numbers. */
function addBlock(state: number[], w: number[]): void {
  for (let t = 16; t < 64; t += 1) {
    const x = w[t - 15] ?? 0;
    const y = w[t - 2] ?? 0;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w.push(((w[t - 16] ?? 0) + s0 + (w[t - 7] ?? 0) + s1) | 0);
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let t = 0; t < 64; t += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const x = (h + s1 + (g ^ (e & (f ^ g))) + (ROUND[t] ?? 0) + (w[t] ?? 0)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const y = (s0 + ((a & b) | (c & (a | b)))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + x) | 0;
    d = c;
    c = b;
    b = a;
    a = (x + y) | 0;
  }
  const after = [a, b, c, d, e, f, g, h];
  for (let at = 0; at < 8; at += 1) state[at] = ((state[at] ?? 0) + (after[at] ?? 0)) | 0;
}

function hexOf(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
