/**
 * What an agent does not serve, whoever sends it: a document that breaks its schema, or a namespace beyond the limits of this
 * edge. It is judged by the same code as the writer's, on the state as it would be. Promise: it changes nothing.
 */

import { SYSTEM } from "../../lib/core/namespace.ts";
import type { RefusalCode } from "../../lib/core/refusal.ts";
import { thrownText } from "../../lib/core/thrown.ts";
import { fitOf, TOO_COSTLY_WORDS, wordsOfViolation } from "../../lib/json-schema/fit.ts";
import { type Judgement, type ReadySchema, readySchema } from "../../lib/json-schema/judge.ts";
import { coveringSchemas } from "../../lib/store/documents/schemas.ts";
import { heldIn, readEntries, readEntry } from "../../lib/store/replica/replica.ts";
import type { Db } from "../../lib/store/sqlite/driver.ts";
import type { ReplicaCommit } from "./source.ts";

/** What this edge takes of a namespace. */
export interface EdgeLimits {
  /** Of one document. Default: 1 MiB, what an origin takes. */
  readonly documentBytes: number;
  /** Documents of a namespace. Default: 1,000,000. */
  readonly keys: number;
  /** Of all documents of a namespace together. Default: 1 GiB. */
  readonly bytes: number;
  /** The share of its documents that a namespace may lose in one move, from 0 to 1. Default: 1 for "all but the last". */
  readonly loss: number;
}

export const EDGE_LIMITS: EdgeLimits = {
  documentBytes: 1_048_576,
  keys: 1_000_000,
  bytes: 1_073_741_824,
  loss: 1,
};

/** Why a state is not served. The code is one of the interface's. */
export interface GuardRefusal {
  readonly code: RefusalCode;
  /** The document; undefined where it is about all of them. */
  readonly key?: string;
  readonly detail: string;
}

const AT_ONCE = 500;
/** Below it any loss may be meant. */
const LOSS_FROM_KEYS = 10;

interface Moved {
  readonly namespace: string;
  /** What was done; undefined: everything is to be judged. */
  readonly commits: readonly ReplicaCommit[] | undefined;
  readonly keysBefore: number;
}

/** Judges the state that the database holds now, as far as it was changed. Undefined: it may be served. Throws StoreFault. */
export function judgeReplica(
  db: Db,
  limits: EdgeLimits,
  { namespace, commits, keysBefore }: Moved,
): GuardRefusal | undefined {
  const sizes = judgeSizes(db, limits, { namespace, keysBefore });
  if (sizes !== undefined) return sizes;
  if (commits === undefined) return judgeAll(db, limits, namespace);
  const keys = new Set(
    commits.flatMap(({ changes }) =>
      changes.filter((one) => one.namespace === namespace && one.op === "put").map(({ key }) => key),
    ),
  );
  const changed = [...keys].flatMap((key) => readEntry(db, namespace, key) ?? []);
  return judgeDocuments(db, limits, { namespace, documents: changed });
}

function judgeSizes(
  db: Db,
  limits: EdgeLimits,
  { namespace, keysBefore }: Omit<Moved, "commits">,
): GuardRefusal | undefined {
  const { keys, bytes } = heldIn(db, namespace);
  if (keys > limits.keys)
    return over(`It has ${keys} documents, and this edge takes ${limits.keys} of a namespace.`);
  if (bytes > limits.bytes)
    return over(`It has ${bytes} bytes, and this edge takes ${limits.bytes} of a namespace.`);
  const lost = keysBefore - keys;
  if (keysBefore >= LOSS_FROM_KEYS && (keys === 0 || lost > keysBefore * limits.loss))
    return {
      code: "policy_violation",
      detail: `It would lose ${lost} of its ${keysBefore} documents at once. Allow that with the agent's limit for losses, or put them back.`,
    };
  return undefined;
}

function over(detail: string): GuardRefusal {
  return { code: "quota_exceeded", detail };
}

function judgeAll(db: Db, limits: EdgeLimits, namespace: string): GuardRefusal | undefined {
  for (let after = ""; ; ) {
    const documents = readEntries(db, namespace, after, AT_ONCE);
    const refused = judgeDocuments(db, limits, { namespace, documents });
    if (refused !== undefined || documents.length < AT_ONCE) return refused;
    after = documents.at(-1)?.key ?? "";
  }
}

interface Held {
  readonly key: string;
  readonly revision: number;
  readonly mediaType: string;
  readonly value: Uint8Array;
}

function judgeDocuments(
  db: Db,
  { documentBytes }: EdgeLimits,
  { namespace, documents }: { readonly namespace: string; readonly documents: readonly Held[] },
): GuardRefusal | undefined {
  const large = documents.find(({ value }) => value.length > documentBytes);
  if (large !== undefined)
    return {
      code: "too_large",
      key: large.key,
      detail: `It has ${large.value.length} bytes, and this edge takes ${documentBytes}.`,
    };
  for (let at = 0; at < documents.length; at += AT_ONCE) {
    const some = documents.slice(at, at + AT_ONCE);
    const covering = coveringSchemas(
      db,
      some.map(({ key }) => [namespace, key]),
    );
    const judges = new Map(covering.map(({ key }) => [key, judgeOf(db, key)]));
    for (const [nth, document] of some.entries()) {
      const refused = judges.get(covering[nth]?.key ?? null)?.(document);
      if (refused !== undefined) return refused;
    }
  }
  return undefined;
}

function refusalOf(key: string, judged: Judgement): GuardRefusal | undefined {
  if (judged.kind === "too_costly") return { code: "schema_too_costly", key, detail: TOO_COSTLY_WORDS };
  if (judged.kind === "fits") return undefined;
  const [first] = judged.violations;
  return {
    code: "schema_violation",
    key,
    detail: first === undefined ? "It fails its schema." : wordsOfViolation(first),
  };
}

type Judge = (document: Held) => GuardRefusal | undefined;

/**
 * Judges by the schema with this key. A document that is older than its schema was compared when the schema was put, and
 * was left as it is by whoever may say so: as the writer, this judges what was written under it.
 */
function judgeOf(db: Db, schemaKeyOrNone: string | null): Judge {
  const schema = schemaKeyOrNone === null ? undefined : readEntry(db, SYSTEM, schemaKeyOrNone);
  if (schema === undefined) return () => undefined;
  let ready: ReadySchema | undefined;
  return ({ key, revision, mediaType, value }) => {
    if (revision < schema.revision) return undefined;
    try {
      ready ??= readySchema(JSON.parse(Buffer.from(schema.value).toString()));
    } catch (error) {
      // Nothing is served by a rule that nobody can read.
      return { code: "schema_violation", key, detail: `Its schema cannot be used: ${thrownText(error)}` };
    }
    return refusalOf(key, fitOf(ready, mediaType, value));
  };
}
