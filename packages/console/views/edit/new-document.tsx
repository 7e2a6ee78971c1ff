/** A new document begins with its key and its type. */
import { useState } from "preact/hooks";
import { COMMIT_LIMITS } from "../../../../lib/core/commit/limits.ts";
import { parseMediaType } from "../../../../lib/core/media-type.ts";
import { folderHref, go, href } from "../../app/router.ts";
import { may } from "../../app/session.ts";
import { isOpen } from "../../app/standing.ts";
import { OFFERED_TYPES } from "../../editor/kinds.ts";

const OTHER = "";

export function NewDocument({ namespace, prefix }: { namespace: string; prefix: string }) {
  const [key, setKey] = useState(prefix);
  const [type, setType] = useState("application/json");
  const [other, setOther] = useState("");
  const chosen = type === OTHER ? other : type;
  const fault = faultOf(namespace, { key, chosen });
  const begin = (event: Event) => {
    event.preventDefault();
    if (fault === undefined) go(href("edit", [namespace, key], { new: 1, type: chosen }));
  };
  return (
    <section class="narrow">
      <h1>New document in {namespace}</h1>
      <form onSubmit={begin}>
        <label class="field">
          Key
          <input
            class="mono"
            autofocus
            required
            value={key}
            onInput={(event) => {
              const name = event.currentTarget.value;
              setKey(name);
              const guessed = typeOfKey(name);
              if (guessed !== undefined) setType(guessed);
            }}
          />
        </label>
        <label class="field">
          Type
          <select value={type} onChange={(event) => setType(event.currentTarget.value)}>
            {OFFERED_TYPES.map(([value, name]) => (
              <option key={value} value={value}>
                {name} ({value})
              </option>
            ))}
            <option value={OTHER}>another …</option>
          </select>
        </label>
        {type === OTHER && (
          <label class="field">
            Media type
            <input required value={other} onInput={(event) => setOther(event.currentTarget.value)} />
          </label>
        )}
        <p class="soft small" role="status">
          {key === "" || key === prefix ? "A key is a name like limits/api. Slashes make folders." : fault}
        </p>
        <div class="actions-row">
          <button type="submit" class="main" disabled={fault !== undefined}>
            Write it
          </button>
          <a class="button" href={folderHref(namespace, prefix)}>
            Not now
          </a>
        </div>
      </form>
    </section>
  );
}

/** What the server would say first. It says the rest itself. */
function faultOf(namespace: string, { key, chosen }: { key: string; chosen: string }): string | undefined {
  if (key === "" || key.endsWith("/")) return "The key ends with the document's own name.";
  if (new TextEncoder().encode(key).length > COMMIT_LIMITS.keyBytes) return "A key has at most 1,024 bytes.";
  if (isOpen() && !may("write", namespace, key) && !may("plan", namespace, key))
    return "Your token neither writes nor proposes this key.";
  const judged = parseMediaType(chosen);
  return judged.ok ? undefined : judged.detail;
}

function typeOfKey(key: string): string | undefined {
  const [, ending] = /\.(json|ya?ml|toml|txt|properties)$/.exec(key) ?? [];
  if (ending === undefined) return undefined;
  const name = ending === "yml" ? "yaml" : ending;
  return OFFERED_TYPES.map(([type]) => type).find(
    (type) => type.endsWith(name) || (name === "txt" && type === "text/plain"),
  );
}
