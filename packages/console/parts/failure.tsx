/** Why something did not work: the server's sentence, its code, each cause with its place, and what to do next. */
import { LedgeError } from "../../client/errors.ts";
import { shownText } from "./shown-text.ts";

/** Of codes whose sentence does not say it. */
const NEXT: Readonly<Record<string, string>> = {
  unreachable:
    "Is the server running, and is this computer connected? The page goes on by itself when it answers.",
  stale: "Somebody changed it meanwhile. Look at the newer one and merge yours into it.",
  read_only: "An administrator opens the store again with: ledge mode open",
  forbidden: "Ask whoever gave you the token for another one.",
  bad_token: "The token is unknown or was revoked. Sign in with another one.",
  token_expired: "Sign in with a newer token.",
  unauthenticated:
    "The browser sent no session, or two. Let it keep cookies of this server, or delete them, and sign in again.",
};

/** A refusal may quote what somebody wrote, and may be long. */
const CHARS_MAX = 2000;
const worded = (text: string) => shownText(text.length > CHARS_MAX ? `${text.slice(0, CHARS_MAX)} …` : text);

export function ErrorBox({ error, again }: { error: unknown; again?: () => void }) {
  if (error === undefined || error === null) return null;
  const known = error instanceof LedgeError ? error : undefined;
  const next = known === undefined ? undefined : NEXT[known.code];
  return (
    <div class="failure" role="alert">
      <p>
        {worded(error instanceof Error ? error.message : String(error))}
        {known && <code class="tag">{known.code}</code>}
      </p>
      {known && known.causes.length > 0 && (
        <ul>
          {known.causes.slice(0, 20).map((cause) => (
            <li key={`${cause.pointer} ${cause.detail ?? ""}`}>
              {cause.pointer && <code>{worded(cause.pointer)}</code>}{" "}
              {worded(cause.detail ?? cause.code ?? "")}
            </li>
          ))}
          {known.causes.length > 20 && <li>… and {known.causes.length - 20} more</li>}
        </ul>
      )}
      {next && <p class="soft">{next}</p>}
      {known?.requestId && (
        <p class="soft small">Request {known.requestId}, as it stands in the server's log</p>
      )}
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}
