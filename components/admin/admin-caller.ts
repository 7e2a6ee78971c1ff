/** Who may come through the admin door at all: a token with `admin`, or `status`, somewhere. */
import { allowsEverywhere, isRoot } from "../../lib/core/grant.ts";
import { accept, type Outcome } from "../../lib/core/refusal.ts";
import type { Door } from "../../lib/http/answer.ts";
import { type Caller, credentialsOf, forbidden, requireCaller } from "../../lib/http/caller.ts";
import type { StoreView } from "../../lib/store/documents/view.ts";

export interface AdminCaller {
  readonly caller: Caller;
  readonly view: StoreView;
}

/** A token that holds `admin` over something; how far it reaches is judged by each route and with the commit. */
export function requireAdmin(door: Door): Outcome<AdminCaller> {
  const found = requireCaller(door, credentialsOf(door.request));
  if (!found.ok) return found;
  const { caller } = found.value;
  return caller.grants.some((grant) => grant.verbs.includes("admin"))
    ? found
    : forbidden(caller, "admin", "any namespace");
}

/** A root token: `admin` on `*`. */
export function requireRoot(door: Door): Outcome<AdminCaller> {
  const found = requireAdmin(door);
  if (!found.ok) return found;
  return isRoot(found.value.caller.grants) ? found : forbidden(found.value.caller, "admin", "*");
}

/** `status` on `*`, or a root token. */
export function requireStatus(door: Door): Outcome<Caller> {
  const found = requireCaller(door, credentialsOf(door.request));
  if (!found.ok) return found;
  const { caller } = found.value;
  return isRoot(caller.grants) || allowsEverywhere(caller.grants, "status")
    ? accept(caller)
    : forbidden(caller, "status", "*");
}
