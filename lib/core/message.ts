/** Messages, authors and idempotency keys: the words that go with a commit. */
import { NOT_PLAIN } from "./characters.ts";
import { accept, type Outcome, refuse } from "./refusal.ts";
import { utf8Length } from "./utf8.ts";

export const MESSAGE_BYTES_MAX = 1024;

/** Whether a text has no control characters (line ends and tabs aside) or lone surrogates, and fits. */
export function isPlainText(text: string, bytesMax: number): boolean {
  return !NOT_PLAIN.test(text.replace(/[\n\t]/g, "")) && utf8Length(text) <= bytesMax;
}

/** A message in the query or, ASCII only, in the header; an empty one is none. */
export function parseMessage(
  query: string | undefined,
  header: string | undefined,
): Outcome<string | null, "bad_parameter" | "bad_header"> {
  if (query !== undefined && header !== undefined) {
    return refuse("bad_parameter", "Give the message once: as ?message= or as Ledge-Message.");
  }
  if (header !== undefined && !/^[ -~]*$/.test(header)) {
    return refuse("bad_header", "Ledge-Message takes ASCII only; other text goes into ?message=.");
  }
  const message = query ?? header ?? "";
  if (!isPlainText(message, MESSAGE_BYTES_MAX)) {
    return refuse(
      "bad_parameter",
      `A message has at most ${MESSAGE_BYTES_MAX} bytes and no control characters.`,
    );
  }
  return accept(message === "" ? null : message);
}

/** 1 to 128 visible ASCII characters; null when there is none. */
export function parseIdempotencyKey(value: string | undefined): Outcome<string | null, "bad_header"> {
  if (value === undefined) return accept(null);
  return /^[!-~]{1,128}$/.test(value)
    ? accept(value)
    : refuse("bad_header", "Idempotency-Key is 1 to 128 visible ASCII characters.");
}

/** The trace id of a W3C traceparent; one that is malformed is ignored, as that standard demands. */
export function traceIdOf(traceparent: string | undefined): string | null {
  const match = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(traceparent ?? "");
  const id = match?.[1];
  return id === undefined || /^0+$/.test(id) ? null : id;
}
