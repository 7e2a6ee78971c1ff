/** One connection of the fuzz, made from its seed: a few requests, some of them changed, and how they are written. */
import { type Random, seededRandom } from "../random.ts";
import { brokenBytes } from "./breaking.ts";
import { mutated } from "./mutations.ts";
import { type FuzzCase, requestBytes, withParts } from "./sent.ts";
import { type Callers, validRequest } from "./valid.ts";
import { sometimes } from "./words.ts";

export function makeCase(seed: number, callers: Callers): FuzzCase {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1));
  const count = sometimes(random, 4) ? 2 + random.below(6) : 1;
  const requests = Array.from({ length: count }, () => mutated(random, validRequest(random, callers)));
  const broken = sometimes(random, 4) ? random.below(count) : undefined;
  // Nothing that is broken can be relied upon to close, and one who closes may still read.
  const halfClose = broken !== undefined || sometimes(random, 8);
  const last = requests.at(-1);
  if (!halfClose && last !== undefined)
    requests[count - 1] = withParts(last, { headers: [...last.headers, ["Connection", "close"]] });
  // Where a request ends is doubtful, so it is which of the answers would be the one without a body.
  if (broken !== undefined)
    for (const [at, one] of requests.entries())
      if (one.method === "HEAD") requests[at] = withParts(one, { method: "GET" });
  const bytes = requests.map((request, at) =>
    at === broken ? brokenBytes(random, request) : requestBytes(request),
  );
  return {
    seed,
    requests,
    pieces: inPieces(random, Buffer.concat(bytes)),
    whole: broken === undefined,
    halfClose,
  };
}

function inPieces(random: Random, bytes: Buffer): Buffer[] {
  if (!sometimes(random, 6)) return [bytes];
  const pieces: Buffer[] = [];
  const slow = sometimes(random, 4) && bytes.length < 400;
  for (let at = 0; at < bytes.length; ) {
    const size = slow ? 1 : 1 + random.below(bytes.length);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}
