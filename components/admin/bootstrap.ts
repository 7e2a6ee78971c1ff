/**
 * POST /v1/admin/bootstrap: the first token, a root, made by whoever knows the bootstrap secret. The caller makes
 * the token's secret and sends its digest, so that a lost answer loses nothing: the same again is 200. Closed for
 * good once the history has held a token; the kernel holds that also under fifty requests at once.
 */
import { VERBS } from "../../lib/core/grant.ts";
import { equalDigests } from "../../lib/core/hex.ts";
import { AUTH } from "../../lib/core/namespace.ts";
import { parseQuery } from "../../lib/core/query.ts";
import { type Refusal, refuse } from "../../lib/core/refusal.ts";
import { pickHeaders } from "../../lib/core/request-headers.ts";
import { secretDigest, type TokenDocument, tokenKey } from "../../lib/core/token.ts";
import type { Answer, Door } from "../../lib/door/answer.ts";
import { judgeJsonHeaders, parseJsonBody } from "../../lib/door/body.ts";
import { judgeStore } from "../../lib/door/caller.ts";
import { jsonReply } from "../../lib/door/reply.ts";
import type { Target } from "../../lib/door/route.ts";
import { findToken } from "../../lib/store/admin.ts";
import { readView } from "../../lib/store/view.ts";
import { BootstrapBody } from "../../lib/wire/admin-bodies.ts";
import { ABSENT, changeReserved } from "./reserved.ts";
import { tokenAnswer } from "./tokens.ts";

const SECRET_MIN = 32;
const BODY_MAX = 16_384;

export function postBootstrap(door: Door, { query }: Target): Answer {
  const { world } = door;
  const unfit = judgeStore(readView(world.db, null, null), door);
  if (unfit !== undefined) return unfit;
  const headers = pickHeaders(door.request, ["authorization", "content-type", "content-encoding"]);
  if (!headers.ok) return headers;
  const closed = judgeSecret(headers.value["authorization"], world.variable("bootstrap_secret") ?? "");
  if (closed !== undefined) return closed;
  const parameters = parseQuery(query, []);
  if (!parameters.ok) return parameters;
  const type = judgeJsonHeaders(headers.value["content-type"], headers.value["content-encoding"]);
  if (!type.ok) return type;
  const body = parseJsonBody(world.db, door.request, { schema: BootstrapBody, bytesMax: BODY_MAX });
  if (!body.ok) return body;
  const { name, accessor, digest } = body.value;
  const document: TokenDocument = {
    name,
    digest,
    grants: [{ verbs: VERBS, namespace: "*", scope: "" }],
    expiresMs: null,
    createdMs: world.nowMs(),
    creator: "_bootstrap",
    revokedMs: null,
  };
  const change = {
    namespace: AUTH,
    key: tokenKey(accessor),
    value: document,
    state: ABSENT,
    message: "the first token",
  } as const;
  const made = changeReserved(door, { kind: "reserved", actor: "_bootstrap" }, change, () =>
    jsonReply(201, tokenAnswer(accessor, document)),
  );
  const late = "code" in made && (made.code === "bootstrap_done" || made.code === "exists");
  return late ? sameAgain(door, accessor, digest, made) : made;
}

/** The very token that bootstrap made before is told again; anybody else comes too late. */
function sameAgain({ world }: Door, accessor: string, digest: string, refused: Answer): Answer {
  const before = findToken(world.db, accessor);
  const same =
    before?.document.creator === "_bootstrap" &&
    equalDigests(before.document.digest, digest) &&
    before.document.revokedMs === null;
  if (same) return jsonReply(200, tokenAnswer(accessor, before.document));
  return "code" in refused
    ? refuse("bootstrap_done", "The store has had its first token. Ask its holder for one.")
    : refused;
}

/** Compared as digests, so that neither length nor first difference shows in the time it takes. */
function judgeSecret(authorization: string | undefined, secret: string): Refusal | undefined {
  if (secret.length < SECRET_MIN) {
    return refuse(
      "bootstrap_refused",
      `Bootstrap is off. Set the variable bootstrap_secret to at least ${SECRET_MIN} characters.`,
    );
  }
  const given = /^bearer +(.*)$/i.exec(authorization ?? "")?.[1] ?? "";
  const right = equalDigests(secretDigest(given.trim()), secretDigest(secret));
  return right
    ? undefined
    : refuse("bootstrap_refused", "Send the bootstrap secret: Authorization: Bearer <bootstrap_secret>.");
}
