/**
 * A schema against the documents of its scope, before it is put: schema-check goes through them in parts. Promise: either
 * all were compared, at the revision that is given, or the request is refused and says how far that went.
 */
import { allowsKey } from "../../lib/core/grant.ts";
import { accept, type Outcome, type RefusalError, refuse } from "../../lib/core/refusal.ts";
import type { SchemaPlace } from "../../lib/core/schema-key.ts";
import { decodeUtf8 } from "../../lib/core/utf8.ts";
import type { Context } from "../../lib/http/context.ts";
import { SCHEMA_CHECK } from "../../lib/http/schema-check.ts";
import { COMPARE_PATH, type CompareAnswer, comparison } from "../../lib/http/schema-comparison.ts";

/** What one request compares; a guest takes some ten seconds for the nodes. */
const COMPARED_MAX = { documents: 10_000, bytes: 33_554_432, nodes: 1_000_000 };

interface Comparing {
  readonly context: Context;
  /** Else only whether it is a schema. */
  readonly documents: boolean;
}

export interface Compared {
  /** Of the documents; undefined where none were looked at. */
  readonly revision?: number;
}

/** Refuses `schema_invalid`, `schema_conflict`, `schema_too_costly` and `busy`. */
export function compareSchema(
  place: SchemaPlace,
  json: string,
  { context, documents }: Comparing,
): Outcome<Compared> {
  const seen = { documents: 0, bytes: 0, nodes: 0 };
  let revision: number | undefined;
  for (let after = ""; ; ) {
    const part = askFor({ ...place, after, documents }, json, context);
    if (!part.ok) return part;
    if (!documents) return accept({});
    const { head, failing, next } = part.value;
    revision ??= head;
    if (failing.length > 0) return conflict(failing, place, context);
    if (next === undefined) return accept({ revision });
    after = next;
    seen.documents += part.value.documents;
    seen.bytes += part.value.bytes;
    seen.nodes += part.value.nodes;
    if (
      seen.documents >= COMPARED_MAX.documents ||
      seen.bytes >= COMPARED_MAX.bytes ||
      seen.nodes >= COMPARED_MAX.nodes
    )
      return refuse(
        "schema_too_costly",
        `There are more documents than one request compares: ${seen.documents} fit, the others were not looked at. \`ledge schema check ${place.namespace} --schema FILE\` compares all; then put it with existing=accept.`,
        { members: { compared: seen.documents } },
      );
  }
}

function askFor(
  line: SchemaPlace & { readonly after: string; readonly documents: boolean },
  json: string,
  { world }: Context,
): Outcome<CompareAnswer> {
  const reply = world.chain?.(SCHEMA_CHECK, COMPARE_PATH, comparison(line, json));
  const text = reply === undefined ? undefined : decodeUtf8(reply.body);
  const answer = text === undefined ? undefined : JSON.parse(text);
  if (reply?.status === 200 && answer !== undefined) return accept(answer);
  if (answer?.code === "schema_invalid" || answer?.code === "schema_too_costly")
    return refuse(answer.code, answer.detail, answer.errors === undefined ? {} : { errors: answer.errors });
  world.log("schema.not_compared", { status: reply?.status ?? null });
  return refuse("busy", "The component that judges by schemas does not answer. Nothing was committed.");
}

/** Who may not read a document is not told its key, nor what is wrong in it. */
function conflict(failing: CompareAnswer["failing"], { namespace }: SchemaPlace, { caller }: Context) {
  const errors = failing
    .filter(({ key }) => allowsKey(caller.grants, "read", namespace, key))
    .map(
      ({ key, detail }): RefusalError => ({ pointer: "", code: "schema_conflict", detail, namespace, key }),
    );
  const unseen = failing.length - errors.length;
  return refuse(
    "schema_conflict",
    `${failing.length} or more documents that are there fail the schema${unseen > 0 ? `, ${unseen} of them none that the token may read` : ""}. Change them first, or put it with existing=accept: then each has to fit when it is changed next.`,
    errors.length === 0 ? {} : { errors },
  );
}
