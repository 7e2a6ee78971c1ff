/**
 * The bootstrap secret: what stands in for a token as long as a store has none. It is compared by digest, in a
 * time that tells nothing.
 */
import { equalDigests } from "../core/hex.ts";
import type { HttpRequest } from "../core/http.ts";
import { type Refusal, refuse } from "../core/refusal.ts";
import { givenTwice } from "../core/refusal-details.ts";
import { trimOws } from "../core/request-headers.ts";
import { secretDigest } from "../core/token.ts";
import { unauthenticated } from "./caller.ts";
import type { World } from "./world.ts";

const SECRET_CHARS_MIN = 32;

/** Refuses `unauthenticated`, `bad_header` and `bootstrap_refused`. */
export function judgeBootstrapSecret(request: HttpRequest, world: World): Refusal | undefined {
  const sent = request.headers.filter(([name]) => name === "authorization");
  const [header] = sent;
  if (header === undefined) return unauthenticated();
  if (sent.length > 1) return refuse("bad_header", givenTwice("authorization"));
  const secret = world.variable("bootstrap_secret") ?? "";
  const given = /^bearer +/i.test(header[1]) ? trimOws(header[1].replace(/^bearer +/i, "")) : "";
  if (secret.length >= SECRET_CHARS_MIN && equalDigests(secretDigest(given), secretDigest(secret)))
    return undefined;
  return refuse(
    "bootstrap_refused",
    `The secret is wrong, or bootstrap is off: the variable bootstrap_secret needs at least ${SECRET_CHARS_MIN} characters.`,
  );
}
