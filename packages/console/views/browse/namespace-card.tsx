/** Beside a folder: what can be done in it. */
import { href } from "../../app/router.ts";
import { may } from "../../app/session.ts";
import { shownName } from "../../parts/shown-text.ts";

export function NamespaceCard({
  namespace,
  prefix,
  at,
}: {
  namespace: string;
  prefix: string;
  at: number | undefined;
}) {
  return (
    <section class="beside">
      <h1>
        {namespace}
        {prefix && `/${shownName(prefix)}`}
      </h1>
      <p class="soft">Choose a document in the list, or find one with Ctrl K.</p>
      <ul class="actions">
        {at === undefined && (may("write", namespace) || may("plan", namespace)) && (
          <li>
            <a href={href("edit", [namespace, prefix], { new: 1 })}>New document</a>
          </li>
        )}
        {at === undefined && may("write", namespace) && (
          <li>
            <a href={href("import", prefix === "" ? [namespace] : [namespace, prefix])}>Bring files</a>
          </li>
        )}
        {may("history", namespace) && (
          <li>
            <a href={href("timeline", [], { ns: namespace, prefix })}>Who changed what here</a>
          </li>
        )}
        {may("history", namespace) && (
          <li>
            <a href={href("compare", [], { ns: namespace, prefix })}>
              Compare with a former state or another namespace
            </a>
          </li>
        )}
      </ul>
    </section>
  );
}
