/**
 * Commits of two documents together, with one number that grows: `pair/a` and `pair/b`, the hottest keys that there are. A commit
 * whose outcome is unknown may stand or not; its number is never given again.
 */
import { setTimeout as pause } from "node:timers/promises";

export interface PairWriter {
  /** One commit; gives its revision. Rejects where the origin does not take it. */
  commit(): Promise<number>;
  /** So many commits of other keys, many at once, and the pair between them all the time. */
  amid(others: number): Promise<void>;
  /** Some a second, whether or not the origin answers, until the function that it gives is called. */
  keepOn(): () => Promise<void>;
}

const EVERY_MS = 120;
const AT_ONCE = 16;

export function openPairWriter(url: () => string, token: () => string): PairWriter {
  let number = 0;
  const put = async (keys: readonly string[], text: string): Promise<number> => {
    const common = { op: "put", namespace: "shop", mediaType: "application/json", text, ifRevision: "any" };
    const answer = await fetch(`${url()}/v1/commit`, {
      method: "POST",
      headers: { authorization: `Bearer ${token()}`, "content-type": "application/json" },
      body: JSON.stringify({ changes: keys.map((key) => ({ ...common, key })) }),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return JSON.parse(await answer.text()).revision;
  };
  const send = () => {
    number += 1;
    return put(["pair/a", "pair/b"], JSON.stringify({ n: number }));
  };
  // One after the other, whoever asks: a later number has a later revision.
  let last: Promise<unknown> = Promise.resolve();
  const commit = () => {
    const sent = last.then(send, send);
    last = sent;
    return sent;
  };
  return {
    commit,
    async amid(others) {
      let left = others;
      const lane = async () => {
        while (left > 0) {
          left -= 1;
          await put([`other/${left % 50}`], JSON.stringify({ left }));
        }
      };
      const pair = async () => {
        while (left > 0) await commit();
      };
      await Promise.all([pair(), ...Array.from({ length: AT_ONCE }, lane)]);
    },
    keepOn() {
      let going = true;
      const running = (async () => {
        while (going) {
          // An origin that is away takes nothing; that is what it is away for.
          await commit().catch(() => {});
          await pause(EVERY_MS);
        }
      })();
      return () => {
        going = false;
        return running;
      };
    },
  };
}
