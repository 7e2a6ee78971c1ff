/**
 * Whether the caller may have what the request names: an operation's needs, enforced. Where the request cannot be read,
 * a caller that could have nothing of the kind at all is told that first.
 */
import type { GrantNeed, Needs, TokenNeed } from "../api/needs.ts";
import { allowsEverywhere, allowsKey, allowsSome, type Grant, type Verb } from "../core/grant.ts";
import type { HttpRequest } from "../core/http.ts";
import { accept, type Outcome, refuse } from "../core/refusal.ts";
import { isPublic } from "../core/settings.ts";
import type { ListView, ReadView } from "../store/documents/view.ts";
import { type Caller, forbidden, unauthenticated } from "./caller.ts";
import { isChained } from "./chained.ts";
import type { InputValues } from "./read-request.ts";
import { judgeStandingSecret } from "./standing-secret.ts";
import type { World } from "./world.ts";

export interface Asking {
  readonly request: HttpRequest;
  readonly world: World;
  readonly caller: Caller;
  readonly view: ListView | ReadView | undefined;
  /** What the parameters say; undefined when they cannot be read. */
  readonly input: InputValues | undefined;
}

/** Says whether a public namespace answers. Refuses `unauthenticated`, `forbidden`, `bootstrap_refused` and `recovery_refused`. */
export function judgeNeeds(needs: Needs, asking: Asking): Outcome<{ open: boolean }> {
  switch (needs) {
    case "nothing":
      return CLOSED;
    case "any_token":
      return asking.caller.token === null ? unauthenticated() : CLOSED;
    case "bootstrap_secret":
    case "recovery_secret":
      return judgeStandingSecret(asking.request, asking.world, needs) ?? CLOSED;
    case "chained":
      return isChained(asking.request) ? CLOSED : refuse("no_route", "There is no such route.");
    default:
      return judgeToken(needs, asking);
  }
}

const CLOSED = accept({ open: false });

function judgeToken(needs: TokenNeed, { caller, view, input }: Asking): Outcome<{ open: boolean }> {
  const past =
    input?.revision !== undefined ? needs.past : input?.channel == null ? undefined : needs.pointed;
  const open =
    needs.publicToo === true &&
    past === undefined &&
    input !== undefined &&
    isPublic(view?.namespace ?? null);
  if (open) return accept({ open });
  if (caller.token === null) return unauthenticated();
  const grants = past === undefined ? needs.anyOf : needs.anyOf.map((need) => ({ ...need, verb: past }));
  if (grants.some((need) => isGranted(need, caller.grants, input))) return CLOSED;
  if (needs.ownRequest === true && isOwnRequest(caller, input)) return CLOSED;
  const [first] = grants;
  return forbidden(caller, first?.verb ?? "admin", placeOf(first, input));
}

function isGranted(
  { verb, over }: GrantNeed,
  grants: readonly Grant[],
  input: InputValues | undefined,
): boolean {
  if (over === "everything") return allowsEverywhere(grants, verb);
  const { namespace, key } = namesIn(input);
  if (over === "any" || namespace === undefined) return holds(grants, verb);
  return over === "key" && key !== undefined
    ? allowsKey(grants, verb, namespace, key)
    : allowsSome(grants, verb, namespace);
}

/** Whether a verb is held over anything at all. */
function holds(grants: readonly Grant[], verb: Verb): boolean {
  return grants.some((grant) => grant.verbs.includes(verb));
}

function isOwnRequest({ accessor, grants }: Caller, input: InputValues | undefined): boolean {
  if (input === undefined || input.requestId === null) return false;
  return (input.actor === null || input.actor === accessor) && holds(grants, "write");
}

function placeOf(need: GrantNeed | undefined, input: InputValues | undefined): string {
  const { namespace } = namesIn(input);
  if (need?.over === "everything") return "*";
  if (need === undefined || need.over === "any" || namespace === undefined) return "any namespace";
  return need.over === "key" ? `this key of ${namespace}` : namespace;
}

function namesIn(input: InputValues | undefined): { namespace: string | undefined; key: string | undefined } {
  const { namespace, key } = input ?? {};
  return {
    namespace: typeof namespace === "string" ? namespace : undefined,
    key: typeof key === "string" ? key : undefined,
  };
}
