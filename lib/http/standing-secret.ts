/**
 * Secrets that stand in for a token: of bootstrap as long as a store has none, of recovery when all are lost. They are
 * compared by digest, in a time that tells nothing. Promise: a secret that is too short opens nothing.
 */
import { equalDigests } from "../core/hex.ts";
import type { HttpRequest } from "../core/http.ts";
import { type Refusal, refuse } from "../core/refusal.ts";
import { givenTwice } from "../core/refusal-details.ts";
import { secretDigest } from "../core/token.ts";
import { bearerText, unauthenticated } from "./caller.ts";
import type { World } from "./world.ts";

const SECRET_CHARS_MIN = 32;

const REFUSED = {
  bootstrap_secret: { code: "bootstrap_refused", of: "bootstrap" },
  recovery_secret: { code: "recovery_refused", of: "recovery" },
} as const;

export type StandingSecret = keyof typeof REFUSED;

/** Whether what the secret opens is open. `too_short`: somebody has set it, and it opens nothing. */
export function secretState(world: World, name: StandingSecret): "off" | "on" | "too_short" {
  const secret = world.variable(name) ?? "";
  if (secret === "") return "off";
  return secret.length < SECRET_CHARS_MIN ? "too_short" : "on";
}

/** Refuses `unauthenticated`, `bad_header`, `bootstrap_refused` and `recovery_refused`. */
export function judgeStandingSecret(
  request: HttpRequest,
  world: World,
  name: StandingSecret,
): Refusal | undefined {
  const sent = request.headers.filter(([header]) => header === "authorization");
  const [header] = sent;
  if (header === undefined) return unauthenticated();
  if (sent.length > 1) return refuse("bad_header", givenTwice("authorization"));
  const given = bearerText(header[1]) ?? "";
  const secret = world.variable(name) ?? "";
  if (secretState(world, name) === "on" && equalDigests(secretDigest(given), secretDigest(secret)))
    return undefined;
  const { code, of } = REFUSED[name];
  return refuse(
    code,
    `The secret is wrong, or ${of} is off: the variable ${name} needs at least ${SECRET_CHARS_MIN} characters.`,
  );
}
