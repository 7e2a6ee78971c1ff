/** Before a restore: which commits the store would lose, and the commands that do it, beside the store first. */
import type { RestorePoint } from "../../../../lib/api/backup-answers.ts";
import type { CommitsPage } from "../../../../lib/api/document-answers.ts";
import { href } from "../../app/router.ts";
import { read } from "../../app/server.ts";
import { head, moves } from "../../app/standing.ts";
import { amountOf } from "../../parts/amount.ts";
import { Command } from "../../parts/copy.tsx";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { shownText } from "../../parts/shown-text.ts";

const SHOWN = 10;

export function BeforeRestore({ point }: { point: RestorePoint }) {
  const { revision } = point;
  const lost = head.value - revision;
  const { content, error } = useLoad(
    (signal) =>
      lost > 0
        ? read<CommitsPage>("/v1/commits", { from: revision + 1, limit: SHOWN }, signal)
        : Promise.resolve<CommitsPage>({ commits: [] }),
    [revision, moves.value],
    String(revision),
  );
  return (
    <div class="preview">
      <p>
        {lost > 0 ? (
          <>
            A restore of it brings back revision {revision}. <strong>{amountOf(lost, "commit")}</strong> made
            since then would be lost:
          </>
        ) : (
          <>It is what the store holds now: a restore would lose nothing.</>
        )}
      </p>
      <ErrorBox error={error} />
      <ul class="plain small">
        {content?.commits.map((one) => (
          <li key={one.revision}>
            <a href={href("commit", [String(one.revision)])}>{one.revision}</a>{" "}
            {shownText(one.message ?? "no message")}
          </li>
        ))}
        {lost > SHOWN && <li class="soft">… and {amountOf(lost - SHOWN, "more", "more")}</li>}
      </ul>
      <p class="soft small">Beside the running store, to look into it:</p>
      <Command text={`ledge restore --to restored.db --revision ${revision}`} />
      <p class="soft small">
        Nothing here puts a running store back: whoever does stops the server first, as the recovery document
        says.
      </p>
    </div>
  );
}
