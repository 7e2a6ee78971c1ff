/**
 * Answers that were given, for who asks for the same again. Promise: one is given again only while its namespace is where it
 * was, while its caller's token stands as it was judged, and to nobody who takes no state so old; what changes with time
 * alone, its age and its source, is said as it is then.
 */
import { BoundedMap } from "../../lib/core/bounded-map.ts";
import { credentialsOf } from "../../lib/http/caller.ts";
import { SOURCE_HEADER } from "../../packages/agent/http-source.ts";
import type { Lane } from "../../packages/agent/lane.ts";
import type { KeptAnswer, KeptAnswers } from "../host/answers.ts";
import { requestOf } from "../native/messages.ts";
import { AGE_HEADER, ageText, sourceText, stalenessTaken } from "./state-headers.ts";
import type { TokenBook } from "./tokens.ts";

interface Kept {
  readonly answer: KeptAnswer;
  readonly lane: Lane;
  /** A lane that moves has another. */
  readonly replica: Lane["replica"];
  isTokenGood(): boolean;
  readonly stalenessTaken: number;
  /** Where these two stand among the headers. */
  readonly ageAt: number;
  readonly sourceAt: number;
}

export interface AnswerOptions {
  readonly tokens: Pick<TokenBook, "goodnessOf">;
  /** The lane of a request's target, where an answer may be kept. */
  laneOf(target: string): Lane | undefined;
  /** By the clock of people, by which tokens expire. */
  readonly nowMs?: () => number;
}

/** Of the entry itself and its headers, roughly. Each answer counts so much at the least, so that bytes bound them alone. */
const AROUND_BYTES = 1500;
const HALF = { entries: Number.POSITIVE_INFINITY, bytes: 16_777_216 };

export function agentAnswers({ tokens, laneOf, nowMs = Date.now }: AnswerOptions): KeptAnswers {
  const answers = new BoundedMap<Kept>(HALF);
  return {
    find(name) {
      const kept = answers.get(name);
      if (kept === undefined) return undefined;
      const { lane, answer } = kept;
      const sameUntilMs = answer.prepared.reply.sameUntilMs ?? 0;
      if (kept.replica !== lane.replica || nowMs() >= sameUntilMs) {
        answers.delete(name);
        return undefined;
      }
      // Either may be well again: a source says the same of the token once it is asked, and a state grows young.
      if (!kept.isTokenGood() || (lane.state.ageSeconds() ?? 0) > kept.stalenessTaken) return undefined;
      // It goes out before anything else is done: nobody else has these headers meanwhile.
      const { headers } = answer.prepared;
      const [age, source] = [ageText(lane), sourceText(lane)];
      // What is old and points to what is young costs the garbage collection a look, each time.
      if (headers[kept.ageAt] !== age) headers[kept.ageAt] = age;
      if (headers[kept.sourceAt] !== source) headers[kept.sourceAt] = source;
      return answer;
    },
    keep(name, answer, asked) {
      const lane = laneOf(asked.uri);
      const { reply, headers } = answer.prepared;
      if (lane?.replica === undefined || reply.sameUntilMs === undefined) return;
      const credentials = credentialsOf(requestOf(asked).request);
      const kept: Kept = {
        answer,
        lane,
        replica: lane.replica,
        isTokenGood: credentials.kind === "token" ? tokens.goodnessOf(credentials.token) : () => true,
        stalenessTaken: stalenessTaken(asked.headers) ?? Number.POSITIVE_INFINITY,
        ageAt: valuePlaceOf(headers, AGE_HEADER),
        sourceAt: valuePlaceOf(headers, SOURCE_HEADER),
      };
      answers.set(name, kept, AROUND_BYTES + 2 * (reply.body?.length ?? 0));
    },
  };
}

function valuePlaceOf(headers: readonly string[], name: string): number {
  const at = headers.findIndex((one, place) => place % 2 === 0 && one === name);
  if (at < 0) throw new Error(`an answer of an agent has the header ${name}`);
  return at + 1;
}
