/**
 * POST and DELETE /console/session: a browser keeps the caller's token in a cookie that no script can read. Nothing is
 * written: the session is the token, and revoking it ends the session. GET says whether the store takes writes.
 */
import type { ConsoleSession } from "../../lib/api/console-answers.ts";

import { isFromConsole, SESSION_COOKIE } from "../../lib/core/console-session.ts";
import { VARY } from "../../lib/core/http.ts";
import { type Refusal, refuse } from "../../lib/core/refusal.ts";
import { bearerText } from "../../lib/http/caller.ts";
import type { Context } from "../../lib/http/context.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Answer } from "../../lib/http/result.ts";
import { readStatus } from "../../lib/store/documents/settings.ts";
import { judgeSwitchedOn } from "./switched.ts";

const SESSION_SECONDS = 12 * 3600;

export function postSession(_input: object, context: Context): Answer {
  const refused = judgeSwitchedOn(context) ?? judgePage(context);
  if (refused !== undefined) return refused;
  const sent = context.request.headers.find(([name]) => name === "authorization")?.[1] ?? "";
  const token = bearerText(sent);
  return token === undefined
    ? refuse("unauthenticated", "Send the token that the session is for: Authorization: Bearer ldg_…")
    : cookieReply(context, token, SESSION_SECONDS);
}

export function getSession(_input: object, context: Context): Answer<ConsoleSession> {
  const refused = judgeSwitchedOn(context);
  if (refused !== undefined) return refused;
  const { state, mode } = readStatus(context.world.db);
  return jsonReply(200, { mode: state === "stopped" ? "stopped" : mode });
}

export function deleteSession(_input: object, context: Context<undefined>): Answer {
  return judgeSwitchedOn(context) ?? judgePage(context) ?? cookieReply(context, "", 0);
}

/** A page of another origin must neither sign somebody in nor out. */
function judgePage({ request }: Pick<Context<unknown>, "request">): Refusal<"bad_header"> | undefined {
  return isFromConsole(request.headers)
    ? undefined
    : refuse(
        "bad_header",
        "Only the console's own page asks this: with Ledge-Console: 1 and from the same origin.",
      );
}

/** `Secure` where the page came over TLS, whoever ends it: a browser says the scheme in Origin. */
function cookieReply({ request }: Pick<Context<unknown>, "request">, value: string, seconds: number): Answer {
  const secure = request.headers.some(([name, text]) => name === "origin" && text.startsWith("https://"));
  const cookie = [
    `${SESSION_COOKIE}=${value}`,
    "HttpOnly",
    "SameSite=Strict",
    "Path=/",
    `Max-Age=${seconds}`,
    ...(secure ? ["Secure"] : []),
  ].join("; ");
  return {
    status: 204,
    headers: [
      ["set-cookie", cookie],
      ["cache-control", "no-store"],
      ["vary", VARY],
      ["x-content-type-options", "nosniff"],
    ],
    body: "",
  };
}
