/** What the client throws. A refusal of the server has the server's code; no answer at all has a code of ours. */
import type { RefusalCode } from "../../lib/core/refusal.ts";
import type { AnswerHeaders } from "./fetch.ts";

/** `unreachable`: no server answered. `bad_answer`: what answered is not Ledge. `value_unfit`: a value fails the caller's schema. */
export type ErrorCode = RefusalCode | "unreachable" | "bad_answer" | "value_unfit";

/** One cause inside a refusal: the place in the request, as a JSON pointer, and what holds there now. */
export interface ErrorCause {
  readonly pointer: string;
  readonly code?: string;
  readonly detail?: string;
  readonly etag?: string | null;
  /** The document, where the place in the request does not say it. */
  readonly namespace?: string;
  readonly key?: string;
}

interface ErrorFacts {
  readonly status?: number;
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  readonly requestId?: string;
  readonly causes?: readonly ErrorCause[];
  readonly members?: Readonly<Record<string, unknown>>;
  readonly shownRevision?: number;
  readonly cause?: unknown;
}

export class LedgeError extends Error {
  override readonly name = "LedgeError";
  readonly code: ErrorCode;
  /** Of the answer; 0 when there was none. */
  readonly status: number;
  /** Whether the same request may go through in a moment. The client has sent it again already as often as it may. */
  readonly retryable: boolean;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Stands in the server's log, too. */
  readonly requestId: string | undefined;
  readonly causes: readonly ErrorCause[];
  /** The other members of the problem document: `oldest`, `limit`, `sharedRevision`. */
  readonly members: Readonly<Record<string, unknown>>;
  /** The state that the refusal is of. */
  readonly shownRevision: number | undefined;

  constructor(code: ErrorCode, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? {} : { cause: facts.cause });
    this.code = code;
    this.status = facts.status ?? 0;
    this.retryable = facts.retryable ?? false;
    this.retryAfterMs = facts.retryAfterMs;
    this.requestId = facts.requestId;
    this.causes = facts.causes ?? [];
    this.members = facts.members ?? {};
    this.shownRevision = facts.shownRevision;
  }
}

/** A refusal by its problem document (RFC 9457); what is none, a proxy's page for one, is `bad_answer`. */
export function errorOf(status: number, headers: AnswerHeaders, text: string): LedgeError {
  const after = retryAfterMs(headers.get("retry-after"));
  const shown = headers.get("ledge-revision");
  const given = {
    status,
    ...(after === undefined ? {} : { retryAfterMs: after }),
    ...(shown === null ? {} : { shownRevision: Number(shown) }),
  };
  const problem = problemIn(text);
  if (problem === undefined) {
    // A gateway in between says so where the server itself is away.
    const retryable = [429, 502, 503, 504].includes(status);
    return new LedgeError("bad_answer", `The answer has the status ${status} and is not one of Ledge.`, {
      ...given,
      retryable,
    });
  }
  const { code, title, detail, instance, retryable, errors, type: _, status: __, ...members } = problem;
  return new LedgeError(code, String(detail ?? title ?? code), {
    ...given,
    retryable: retryable === true,
    ...(typeof instance === "string" ? { requestId: instance } : {}),
    causes: Array.isArray(errors) ? errors.filter((one) => typeof one?.pointer === "string") : [],
    members,
  });
}

function problemIn(text: string): (Record<string, unknown> & { code: RefusalCode }) | undefined {
  try {
    const parsed = JSON.parse(text);
    return typeof parsed?.code === "string" ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Seconds, or a date (RFC 9110 section 10.2.3). */
function retryAfterMs(value: string | null): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
