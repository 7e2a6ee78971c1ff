/**
 * POST /internal/schema-check/compare: whether a text is a schema, and which documents of its scope would fail it. It goes
 * through some of them and says where it has stopped; who asks goes on from there.
 */

import { refuse } from "../../lib/core/refusal.ts";
import type { Context } from "../../lib/http/context.ts";
import { textReply } from "../../lib/http/reply.ts";
import type { Answer } from "../../lib/http/result.ts";
import {
  type CompareAnswer,
  FAILING_MAX,
  splitComparison,
  type ToCompare,
} from "../../lib/http/schema-comparison.ts";
import { acceptSchema } from "../../lib/json-schema/accepted.ts";
import { counting, nodesLeft } from "../../lib/json-schema/count.ts";
import { fitOf, TOO_COSTLY_WORDS, wordsOfViolation } from "../../lib/json-schema/fit.ts";
import type { ReadySchema } from "../../lib/json-schema/judge.ts";
import { coveredDocuments, coveredValue } from "../../lib/store/documents/schemas.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";

const NOTHING: CompareAnswer = { head: 0, failing: [], documents: 0, bytes: 0, nodes: 0 };
/** What one call looks at. */
const AT_ONCE = { documents: 500, bytes: 4_194_304, nodes: 400_000 };

export function postCompare(
  _: object,
  { request, world }: Pick<Context<unknown>, "request" | "world">,
): Answer {
  const asked = splitComparison(request.body);
  if (asked === undefined) return refuse("invalid_body", "The first line says what to compare.");
  const accepted = acceptSchema(JSON.parse(asked.text));
  if (!accepted.ok) return accepted;
  const compared = asked.line.documents ? compare(world.db, asked.line, accepted.value) : NOTHING;
  return textReply(200, JSON.stringify(compared));
}

function compare(db: Db, { namespace, scope, after }: ToCompare, schema: ReadySchema): CompareAnswer {
  const { documents: limit, nodes } = AT_ONCE;
  const { head, documents } = coveredDocuments(db, { namespace, scope, after, limit });
  const failing: { key: string; detail: string }[] = [];
  let bytes = 0;
  let seen = 0;
  let last = after;
  const spent = counting(
    nodes,
    () => {
      for (const { key, mediaType, size } of documents) {
        if (seen > 0 && (bytes + size > AT_ONCE.bytes || nodesLeft() < nodes / 2)) break;
        const detail = failureOf(schema, mediaType, coveredValue(db, namespace, key));
        if (detail !== undefined) failing.push({ key, detail });
        seen += 1;
        bytes += size;
        last = key;
        if (failing.length >= FAILING_MAX) break;
      }
      return nodes - nodesLeft();
    },
    () => nodes,
  );
  const whole = seen === documents.length && documents.length < limit;
  return { head, failing, documents: seen, bytes, nodes: spent, ...(whole ? {} : { next: last }) };
}

/** Undefined for one that fits, and for one that is gone. */
function failureOf(
  schema: ReadySchema,
  mediaType: string,
  value: Uint8Array | null | undefined,
): string | undefined {
  if (value === undefined) return undefined;
  const fit = fitOf(schema, mediaType, value ?? NO_TEXT);
  if (fit.kind === "fits") return undefined;
  const [first] = fit.kind === "fails" ? fit.violations : [];
  return first === undefined ? TOO_COSTLY_WORDS : wordsOfViolation(first);
}

/** Bytes that are no text. */
const NO_TEXT = new Uint8Array([0xff]);
