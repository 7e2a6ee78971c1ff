/**
 * Random bytes for names and secrets, from the system's generator. Node's `crypto` module takes longer to load than most
 * commands work; this part of it is there already.
 */
export function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}
