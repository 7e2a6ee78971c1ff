/** Who made the document what it is, when, and why. */
import type { LoggedCommitWithChanges } from "../../../../lib/api/document-answers.ts";
import { href } from "../../app/router.ts";
import { read } from "../../app/server.ts";
import { useLoad } from "../../parts/load.ts";
import { Moment } from "../../parts/moment.tsx";
import { shownText } from "../../parts/shown-text.ts";

export function LastChange({
  namespace,
  docKey,
  revision,
}: {
  namespace: string;
  docKey: string;
  revision: number;
}) {
  const { content } = useLoad(
    (signal) =>
      read<LoggedCommitWithChanges>(`/v1/commits/${revision}`, { values: "none", limit: 1 }, signal),
    [revision],
    `${namespace}/${docKey}`,
  );
  return (
    <section class="part">
      <h2>Last change</h2>
      {content === undefined ? (
        <p class="soft">…</p>
      ) : (
        <p>
          <strong>{shownText(content.author ?? content.actorName ?? content.actor)}</strong>,{" "}
          <Moment at={content.time} />:{" "}
          {content.message ? <q>{shownText(content.message)}</q> : <span class="soft">no message</span>}{" "}
          <a href={href("commit", [String(revision)])}>all that it changed</a>
        </p>
      )}
    </section>
  );
}
