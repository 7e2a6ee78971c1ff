/** One direction of one connection: bytes from one socket to the other, in order, as the link's ways have it. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { addAbortSignal, Transform } from "node:stream";
import { seededRandom } from "../random.ts";
import { type CurrentWays, dueMs } from "./ways.ts";

export interface Stretch {
  readonly from: Socket;
  readonly to: Socket;
  readonly ways: CurrentWays;
  /** Of this direction of this connection alone, so that what others do changes nothing here. */
  readonly seed: number;
  /** Aborted when the connection is over. */
  readonly signal: AbortSignal;
  /** Told of bytes that have come, and of those that have gone over. */
  came(bytes: number): void;
  passed(bytes: number): void;
}

interface Arrived {
  readonly bytes: Buffer;
  readonly atMs: number;
}

/** Under a limit the bytes of so long go over in one piece. */
const STEPS_A_SECOND = 20;

/** Resolves when the sender has said all and the receiver knows. Rejects when the connection is over before. */
export async function carry({ from, to, ways, seed, signal, came, passed }: Stretch): Promise<void> {
  let place = 0;
  let lastMs = 0;
  for await (const { bytes, atMs } of arriving({ from, signal, came })) {
    for (let rest = bytes; rest.length > 0; ) {
      const piece = rest.subarray(0, Math.max(1, Math.ceil(ways.now.bytesPerSecond / STEPS_A_SECOND)));
      const one = { atMs, lastMs, bytes: piece.length };
      await ways.until((now) => dueMs(now, one), signal);
      lastMs = performance.now();
      const sent = garble(piece, { share: ways.now.garbled, seed, place });
      if (!to.write(sent)) await once(to, "drain", { signal });
      passed(sent.length);
      place += piece.length;
      rest = rest.subarray(piece.length);
    }
  }
  await ways.until(() => 0, signal);
  to.end();
}

/** What comes, with the moment: it is read while what came before is on its way. */
function arriving({ from, signal, came }: Pick<Stretch, "from" | "signal" | "came">): AsyncIterable<Arrived> {
  const stamp = new Transform({
    readableObjectMode: true,
    transform(bytes: Buffer, _, done) {
      came(bytes.length);
      done(null, { bytes, atMs: performance.now() } satisfies Arrived);
    },
  });
  return from.pipe(addAbortSignal(signal, stamp));
}

/** mulberry32 goes on by this. */
const STEP = 0x6d2b79f5;

/** Whether a byte is hit follows from its place, so that the same bytes are however they come in pieces. */
function garble(
  bytes: Buffer,
  { share, seed, place }: { readonly share: number; readonly seed: number; readonly place: number },
): Buffer {
  if (share === 0) return bytes;
  return Buffer.from(
    bytes.map((byte, at) => {
      const drawn = seededRandom(seed + Math.imul(place + at, STEP)).next();
      return drawn < share ? byte ^ (1 + Math.floor((drawn / share) * 255)) : byte;
    }),
  );
}
