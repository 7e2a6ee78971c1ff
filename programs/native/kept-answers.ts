/**
 * Answers to requests that come again and again, as clients that poll send them: the same target with the same headers.
 * Promise: an answer is given again only while nothing was committed since it was made, and never after the moment at
 * which its token expires; a request that differs in a single byte is judged anew.
 */

import { BoundedMap } from "../../lib/core/bounded-map.ts";
import type { KeptAnswer, KeptAnswers } from "../host/answers.ts";
import type { StoreWatch } from "./store-watch.ts";

/** Of the entry itself and its headers, roughly. */
const AROUND_BYTES = 1000;

export function keptAnswers(watch: StoreWatch, nowMs: () => number = Date.now): KeptAnswers {
  const answers = new BoundedMap<KeptAnswer>();
  watch.add(() => answers.clear());
  return {
    find(name) {
      watch.look();
      const kept = answers.get(name);
      if (kept === undefined || nowMs() < (kept.prepared.reply.sameUntilMs ?? 0)) return kept;
      answers.delete(name);
      return undefined;
    },
    keep(name, kept) {
      const { sameUntilMs, body } = kept.prepared.reply;
      if (sameUntilMs !== undefined) answers.set(name, kept, AROUND_BYTES + 2 * (body?.length ?? 0));
    },
  };
}
