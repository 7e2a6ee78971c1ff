/** The warnings of a plan: what the documents would become, and what prefixes would lose. */
import type { PlanAnswer } from "../../lib/api/plan-answer.ts";
import type { Broken } from "../../lib/core/commit/broken.ts";
import type { Facts } from "../../lib/core/commit/facts.ts";
import type { ProposedOp } from "../../lib/core/commit/proposal.ts";
import { isJsonType } from "../../lib/core/media-type.ts";
import { CAUSES_MAX } from "../../lib/core/page-limits.ts";
import { prefixWarnings, thinnedPrefixes } from "../../lib/core/plan/prefixes.ts";
import { type SeenChange, warningsOf } from "../../lib/core/plan/warnings.ts";
import { decodeUtf8 } from "../../lib/core/utf8.ts";
import { changePointer } from "../../lib/http/proposed-changes.ts";
import { countKeys, readValuesNow } from "../../lib/store/commit/plan.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";

/** Of a longer document only its beginning is looked at, and it is not compared with what stands there. */
const LOOKED_BYTES = 65_536;
/** How much of what stands there is fetched for comparisons. */
const COMPARED_BYTES = 2_097_152;

interface Planned {
  readonly ops: readonly ProposedOp[];
  readonly body: Uint8Array;
  readonly facts: Facts;
  /** What of policies goes through by the override that is named. */
  readonly overridden: readonly Broken[];
}

/** At most a hundred, by change. Throws StoreFault. */
export function warnings(db: Db, planned: Planned): PlanAnswer["warnings"] {
  const thinned = thinnedPrefixes(
    planned.ops,
    planned.facts.ops.map(({ revision }) => revision),
  );
  const found = [
    ...planned.overridden.map(({ says, index }) => ({
      code: "overridden" as const,
      detail: `Only the override lets this through: ${says}.`,
      index,
    })),
    ...prefixWarnings(thinned, countKeys(db, thinned)),
    ...seenChanges(db, planned).flatMap(warningsOf),
  ];
  return found
    .slice(0, CAUSES_MAX)
    .map(({ code, detail, index }) => ({ code, detail, pointer: changePointer(index) }));
}

function seenChanges(db: Db, { ops, body, facts }: Planned): SeenChange[] {
  const values = readValuesNow(db, placesToCompare(ops, facts));
  return ops.flatMap(({ op, key, mediaType, at, size, text }, index): SeenChange[] => {
    const there = facts.ops[index];
    if (op !== "put" || mediaType === null || there?.same === true) return [];
    const value = values.get(index);
    const bytes = body.subarray(at, at + Math.min(size, LOOKED_BYTES));
    return [
      {
        index,
        key,
        mediaType,
        before: value === undefined ? undefined : decodeUtf8(value),
        sizeBefore: there?.size ?? 0,
        after: text ? decodeBeginning(bytes) : undefined,
        sizeAfter: size,
      },
    ];
  });
}

function placesToCompare(ops: readonly ProposedOp[], facts: Facts): [number, string, string][] {
  let left = COMPARED_BYTES;
  return ops.flatMap(({ op, namespace, key, mediaType, size }, index): [number, string, string][] => {
    const there = facts.ops[index];
    const sizeBefore = there?.size ?? 0;
    const isSmall =
      sizeBefore > 0 && sizeBefore <= LOOKED_BYTES && size <= LOOKED_BYTES && sizeBefore <= left;
    if (op !== "put" || there?.same === true || !isSmall || !isJsonType(mediaType ?? "")) return [];
    left -= sizeBefore;
    return [[index, namespace, key]];
  });
}

/** A cut may go through a character: up to three bytes more go, then. */
function decodeBeginning(bytes: Uint8Array): string | undefined {
  for (let less = 0; less < 4; less += 1) {
    const text = decodeUtf8(bytes.subarray(0, bytes.length - less));
    if (text !== undefined) return text;
  }
  return undefined;
}
