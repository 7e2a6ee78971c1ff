/** The first page: every namespace that the token reaches, or what to do with an empty store. */

import { folderHref, href } from "../../app/router.ts";
import { mayAll } from "../../app/session.ts";
import { moves } from "../../app/standing.ts";
import { readNamespaces } from "../../app/store.ts";
import { amountOf, bytesWords } from "../../parts/amount.ts";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { useNarrow } from "../../parts/narrow.tsx";
import { shownText } from "../../parts/shown-text.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { FirstRun } from "./first-run.tsx";

export function Namespaces() {
  const { content, error, again } = useLoad(readNamespaces, [moves.value], "namespaces");
  const { shown, field } = useNarrow(content ?? [], ({ name, description = "" }) => `${name} ${description}`);
  if (error !== undefined) return <ErrorBox error={error} again={again} />;
  if (content?.length === 0) return <FirstRun administers={mayAll("admin")} />;
  return (
    <section>
      <div class="spread">
        <h1>Namespaces</h1>
        {mayAll("admin") && <a href={href("settings", ["namespaces"])}>Make or change one</a>}
      </div>
      {field}
      {content === undefined && <Skeleton />}
      <ul class="cards">
        {shown.map(({ name, description, keys, bytes }) => (
          <li key={name}>
            <a class="card" href={folderHref(name)}>
              <strong>{name}</strong>
              {description && <span>{shownText(description)}</span>}
              {keys !== undefined && (
                <span class="soft small">
                  {amountOf(keys, "key")}, {bytesWords(bytes ?? 0)}
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
