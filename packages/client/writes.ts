/**
 * Changes. Promise: each is sent with an Idempotency-Key, so that one that is sent again is done once; nothing is written over
 * that the caller has not named, unless it says so.
 */
import type { CommitBody } from "../../lib/api/commit-body.ts";
import type { CommitAnswer } from "../../lib/api/document-answers.ts";
import type { PlanAnswer } from "../../lib/api/plan-answer.ts";
import type { RevertBody } from "../../lib/api/revert-body.ts";
import { pathTo } from "./path-to.ts";
import type { ServerClient, ServerRequest } from "./server.ts";

/** What goes with a commit. */
export interface About {
  readonly message?: string | undefined;
  readonly author?: string | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
  /** Of a plan: where that does not hold any more, nothing is committed. */
  readonly planDigest?: string | undefined;
  /** Why it may break policies; needs the verb `override`. */
  readonly override?: { readonly reason: string } | undefined;
}

/** One change. Without `ifRevision` only a document that is not there is put; `"any"` is for whatever is there. */
export type ConfigChange =
  | {
      readonly op: "put";
      readonly key: string;
      readonly namespace?: string;
      readonly value?: unknown;
      readonly text?: string;
      readonly base64?: string;
      /** Needed with `text` and `base64`; `application/json` with `value`. */
      readonly mediaType?: string;
      readonly ifRevision?: number | "any";
    }
  | {
      readonly op: "delete";
      readonly key: string;
      readonly namespace?: string;
      readonly ifRevision?: number | "any";
    }
  | { readonly op: "check"; readonly key: string; readonly namespace?: string; readonly ifRevision: number };

export interface Sending {
  /** Says which requests are one and the same. Default: a random one for each call. */
  readonly idempotencyKey?: string | undefined;
}

export interface WriteWorld {
  readonly server: ServerClient;
  readonly namespace: string;
  /** Told of each commit. */
  committed(answer: CommitAnswer): void;
}

export async function sendCommit(
  world: WriteWorld,
  changes: readonly ConfigChange[],
  { idempotencyKey, ...about }: About & Sending,
): Promise<CommitAnswer> {
  return write(world, "/v1/commit", { ...about, changes: placed(world, changes) }, idempotencyKey);
}

export async function sendRevert(
  world: WriteWorld,
  { idempotencyKey, ...body }: RevertBody & Sending,
): Promise<CommitAnswer> {
  return write(world, "/v1/revert", body, idempotencyKey);
}

/** What goes with a change of one document. */
export interface DocumentOptions extends Sending {
  /** The ETag of what is there; or "any", for whatever is there or is not. */
  readonly if?: string | undefined;
  readonly message?: string | undefined;
  readonly override?: { readonly reason: string } | undefined;
}

/** One document, by its ETag, which proves more than a revision: that it is of this history. */
export async function writeDocument(
  world: WriteWorld,
  change:
    | { readonly op: "put"; readonly key: string; readonly value: unknown }
    | { readonly op: "delete"; readonly key: string },
  { if: etag, idempotencyKey, ...about }: DocumentOptions,
): Promise<CommitAnswer> {
  if (etag === "any")
    return sendCommit(world, [{ ...change, ifRevision: "any" }], { ...about, idempotencyKey });
  const put = change.op === "put";
  return send(world, {
    method: put ? "PUT" : "DELETE",
    path: pathTo`/v1/write/${world.namespace}`,
    query: { key: change.key, message: about.message, override: about.override?.reason },
    headers: { "if-match": etag, "idempotency-key": idempotencyKey ?? randomKey() },
    ...(put ? { json: change.value } : {}),
  });
}

/** What a commit would do, or a revert. */
export function planOf(
  { server, namespace }: Pick<WriteWorld, "server" | "namespace">,
  asked: readonly ConfigChange[] | RevertBody,
  about: About,
): Promise<PlanAnswer> {
  const body = isChanges(asked)
    ? { ...about, changes: placed({ namespace }, asked) }
    : { ...about, ...asked };
  return server.json({ method: "POST", path: "/v1/plan", json: body });
}

function isChanges(asked: readonly ConfigChange[] | RevertBody): asked is readonly ConfigChange[] {
  return Array.isArray(asked);
}

async function write(
  world: WriteWorld,
  path: string,
  json: CommitBody | RevertBody,
  idempotencyKey: string = randomKey(),
): Promise<CommitAnswer> {
  return send(world, { method: "POST", path, json, headers: { "idempotency-key": idempotencyKey } });
}

async function send({ server, committed }: WriteWorld, asked: ServerRequest): Promise<CommitAnswer> {
  const answer = await server.json<CommitAnswer>(asked);
  committed(answer);
  return answer;
}

/** Not crypto.randomUUID, which a page without TLS has not. */
function randomKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}

function placed(
  { namespace }: Pick<WriteWorld, "namespace">,
  changes: readonly ConfigChange[],
): CommitBody["changes"] {
  return changes.map((change) => ({ namespace, ...change }));
}
