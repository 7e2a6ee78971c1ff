/** Whether a document, as its bytes and its media type, fits a schema: what the server and the CLI say alike. */
import { decodeUtf8 } from "../core/utf8.ts";
import { type Judgement, judgeBy, type ReadySchema, type Violation } from "./judge.ts";
import { parseDocument } from "./parsed.ts";

export const TOO_COSTLY_WORDS = "To judge it by its schema would take too long.";

export function fitOf(schema: ReadySchema, mediaType: string, bytes: Uint8Array): Judgement {
  const text = decodeUtf8(bytes);
  if (text === undefined) return failing("Its bytes are not text (UTF-8).");
  const parsed = parseDocument(mediaType, text);
  if (parsed.kind === "value") return judgeBy(schema, parsed.value);
  return parsed.kind === "too_costly" ? { kind: "too_costly" } : failing(parsed.why);
}

/** Each violation in one line, with the place in the document. */
export function wordsOfViolation({ path, detail }: Violation): string {
  return path === "" ? detail : `${path}: ${detail}`;
}

function failing(detail: string): Judgement {
  return { kind: "fails", violations: [{ path: "", detail }] };
}
