/**
 * POST /internal/schema-check/values: whether the puts of a commit fit the schemas that cover their keys. The store's rows
 * say which schemas these are; the answer names them as the commit's facts will, so that a commit by other ones is seen.
 */
import { CAUSES_MAX } from "../../lib/core/page-limits.ts";
import { refuse } from "../../lib/core/refusal.ts";
import { thrownText } from "../../lib/core/thrown.ts";
import type { Context } from "../../lib/http/context.ts";
import { textReply } from "../../lib/http/reply.ts";
import type { Answer } from "../../lib/http/result.ts";
import { splitQuestion, type ValuesAnswer } from "../../lib/http/schema-check.ts";
import type { World } from "../../lib/http/world.ts";
import { counting, isStop } from "../../lib/json-schema/count.ts";
import { fitOf, TOO_COSTLY_WORDS, wordsOfViolation } from "../../lib/json-schema/fit.ts";
import { type Judgement, type ReadySchema, readySchema } from "../../lib/json-schema/judge.ts";
import { type Covering, coveringSchemas, schemaTexts } from "../../lib/store/documents/schemas.ts";

/** All values of a commit together. */
const COMMIT_NODES_MAX = 500_000;

const UNFIT = "A value does not fit the schema of its scope; errors says where.";
const COSTLY = "To judge a value by the schema of its scope would take too long. Make one of them smaller.";

type Cause = { readonly at: number; readonly detail: string };

export function postValues(
  _: object,
  { request, world }: Pick<Context<unknown>, "request" | "world">,
): Answer {
  const asked = splitQuestion(request.body);
  if (asked === undefined) return refuse("invalid_body", "The first line says what to judge.");
  const { line: puts, bytes } = asked;
  const covering = coveringSchemas(
    world.db,
    puts.map(([namespace, key]) => [namespace, key]),
  );
  const judges = judgesOf(world, covering);
  const costly: Cause[] = [];
  const failing: Cause[] = [];
  const all = counting(
    COMMIT_NODES_MAX,
    () => {
      for (const [at, [, , mediaType, from, size]] of puts.entries()) {
        const judge = judges.get(covering[at]?.key ?? "");
        if (judge === undefined || failing.length >= CAUSES_MAX) continue;
        const fit = judge(mediaType, bytes.subarray(from, from + size));
        if (fit.kind === "too_costly") costly.push({ at, detail: TOO_COSTLY_WORDS });
        else if (fit.kind === "fails")
          failing.push(...fit.violations.map((one) => ({ at, detail: wordsOfViolation(one) })));
      }
      return true;
    },
    () => false,
  );
  if (!all)
    costly.push({ at: 0, detail: "To judge all values of the commit would take too long. Send fewer." });
  const schemas = covering.map((one) => one.schemas);
  const refused = refusedFor(failing, costly);
  const answer: ValuesAnswer = refused === undefined ? { schemas } : { schemas, refused };
  return textReply(200, JSON.stringify(answer));
}

function refusedFor(failing: readonly Cause[], costly: readonly Cause[]): ValuesAnswer["refused"] {
  if (failing.length > 0)
    return { code: "schema_violation", detail: UNFIT, causes: failing.slice(0, CAUSES_MAX) };
  return costly.length > 0
    ? { code: "schema_too_costly", detail: COSTLY, causes: costly.slice(0, CAUSES_MAX) }
    : undefined;
}

type JudgeOf = (mediaType: string, bytes: Uint8Array) => Judgement;

/** By the key of each schema. What each may say was judged when it was put, and is not judged again with each write. */
function judgesOf(world: World, covering: readonly Covering[]): ReadonlyMap<string, JudgeOf> {
  const keys = [...new Set(covering.flatMap(({ key }) => (key === null ? [] : [key])))];
  const judges = new Map<string, JudgeOf>();
  for (const [key, json] of schemaTexts(world.db, keys)) {
    let ready: ReadySchema | undefined;
    judges.set(key, (mediaType, bytes) => {
      try {
        ready ??= readySchema(JSON.parse(json));
        return fitOf(ready, mediaType, bytes);
      } catch (error) {
        if (isStop(error)) throw error;
        // It came from somewhere else than PUT: nothing is written by a rule that nobody can read.
        world.log("schema.unusable", { key, error: thrownText(error) });
        return { kind: "fails", violations: [{ path: "", detail: UNUSABLE }] };
      }
    });
  }
  return judges;
}

const UNUSABLE = "Its schema cannot be used. Put it again, or remove it.";
