/** Who is signed in, and the way out. */
import { shownName } from "../parts/shown-text.ts";
import { href } from "./router.ts";
import { signOut, whoami } from "./session.ts";

export function UserMenu() {
  const who = whoami.value;
  if (!who) return null;
  return (
    <details class="menu user">
      <summary>{shownName(who.name)}</summary>
      <div class="menu-box">
        <p class="soft small">
          Token <code>{who.accessor}</code>
        </p>
        <ul class="plain small">
          {who.grants.slice(0, 8).map((grant) => (
            <li key={JSON.stringify(grant)}>
              {grant.verbs.join(", ")} over{" "}
              <code>
                {grant.namespace}
                {grant.scope && `/${shownName(grant.scope)}`}
              </code>
            </li>
          ))}
        </ul>
        <a href={href("settings", ["status"])}>Status of the server</a>
        <button type="button" onClick={signOut}>
          Sign out
        </button>
      </div>
    </details>
  );
}
