/** Who looks at the page, and what he may do. What he may not do is not offered; the server judges it all the same. */
import { signal } from "@preact/signals";
import type { ConsoleSession } from "../../../lib/api/console-answers.ts";
import type { Lineage, Whoami } from "../../../lib/api/document-answers.ts";
import { allowsEverywhere, allowsKey, allowsSome, type Verb } from "../../../lib/core/grant.ts";
import { LedgeError } from "../../client/errors.ts";
import { shownName } from "../parts/shown-text.ts";
import { notify } from "./notices.tsx";
import { replace } from "./router.ts";
import { read, server } from "./server.ts";
import { head, isOpen, mode } from "./standing.ts";

/** Undefined while that is being asked, null for nobody. */
export const whoami = signal<Whoami | null | undefined>(undefined);
/** Why signing in failed, or that a session ended. */
export const signInTrouble = signal<unknown>(undefined);

const SESSION = "/console/session";
/** That there is a session: the cookie itself is hidden from scripts, and asking in vain is an error in the browser's console. */
const MARK = "ledge-session";

// Another tab has signed in or out, and all tabs send one cookie: the new one.
addEventListener("storage", ({ key }) => {
  if (key !== MARK) return;
  if (localStorage.getItem(MARK) === null) whoami.value = null;
  else void lookWho();
});

/** Takes the one-time code of a link out of the address, and signs in by it, or by the session that there is. */
export async function beginSession(): Promise<void> {
  const [, code, place = "/"] = /^#code=([A-Za-z0-9_-]+)(\/.*)?$/.exec(location.hash) ?? [];
  if (code !== undefined) {
    replace(`#${place}`);
    const before = localStorage.getItem(MARK);
    await signInWith({ "ledge-console-code": code });
    // Whoever sent the link may have made it for a token of his own.
    if (before !== null && whoami.value)
      notify(`This link has signed you in as ${shownName(whoami.value.name)}.`);
  } else if (localStorage.getItem(MARK) === null) whoami.value = null;
  else await lookWho();
}

export async function signIn(token: string): Promise<void> {
  await signInWith({ authorization: `Bearer ${token.trim()}` });
}

export async function signOut(): Promise<void> {
  await server.ask({ method: "DELETE", path: SESSION });
  localStorage.removeItem(MARK);
  whoami.value = null;
}

/** For a request that was told so: the session has ended, or its token was revoked. */
export function noteSignedOut(error: unknown): void {
  if (!(error instanceof LedgeError) || error.status !== 401) return;
  if (whoami.value) signInTrouble.value = error;
  localStorage.removeItem(MARK);
  whoami.value = null;
}

/** What nobody can do while the store takes no writes. */
const CHANGES: readonly Verb[] = ["write", "plan", "approve", "override", "rollout"];

export function may(verb: Verb, namespace: string, key?: string): boolean {
  if (!isOpen() && CHANGES.includes(verb)) return false;
  const grants = whoami.value?.grants ?? [];
  return key === undefined ? allowsSome(grants, verb, namespace) : allowsKey(grants, verb, namespace, key);
}

/** Whether the store takes writes. */
export async function lookMode(): Promise<void> {
  mode.value = (await read<ConsoleSession>(SESSION)).mode;
}

/** Over every namespace: what administration asks for. */
export function mayAll(verb: Verb): boolean {
  return allowsEverywhere(whoami.value?.grants ?? [], verb);
}

async function signInWith(headers: Readonly<Record<string, string>>): Promise<void> {
  try {
    await server.ask({ method: "POST", path: SESSION, headers });
    signInTrouble.value = undefined;
    localStorage.setItem(MARK, String(Date.now()));
    await lookWho(true);
  } catch (error) {
    signInTrouble.value = error;
    whoami.value = null;
  }
}

/** `expected`: a cookie was set just now, so that nobody is known by it means that the browser did not send it. */
async function lookWho(expected = false): Promise<void> {
  try {
    // What views look at is of this state or a later one, so they miss no move.
    const [me, lineage] = await Promise.all([
      read<Whoami>("/v1/whoami"),
      read<Lineage>("/v1/lineage"),
      lookMode(),
    ]);
    head.value = lineage.head;
    whoami.value = me;
  } catch (error) {
    if (!(error instanceof LedgeError) || error.status !== 401 || expected) signInTrouble.value = error;
    whoami.value = null;
  }
}
