/** Answers that may be given again: what the front sends, and what an engine keeps of it. */
import type { GuestReply, GuestRequest } from "./pool/protocol.ts";

/** A reply as Node takes it: nothing of it is judged or made any more. */
export interface Prepared {
  readonly reply: GuestReply;
  /** Name, value, name, value; as text of the wire (header-text.ts). */
  readonly headers: string[];
  /** Latin-1 where it goes out in one piece with the headers. */
  readonly body: string | Uint8Array | undefined;
}

/** An answer that may be given again, and the manifest's route that it came by. */
export interface KeptAnswer {
  readonly route: string;
  readonly prepared: Prepared;
}

/** Answers by all that a request says: method, target and headers, in one text. */
export interface KeptAnswers {
  /** Only one that the request would get now. */
  find(name: string): KeptAnswer | undefined;
  /** At once after it was made, or not at all; only one that has `sameUntilMs` is kept. */
  keep(name: string, answer: KeptAnswer, request: GuestRequest): void;
}
