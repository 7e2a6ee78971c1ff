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

/** Each life of a store counts from a multiple of it. */
const EPOCH = 2 ** 40;

export function BeforeRestore({ point, several }: { point: RestorePoint; several: boolean }) {
  const { revision, lineage } = point;
  const lost = head.value - revision;
  // Of several lives nobody can count by subtraction.
  const counted = Math.floor(head.value / EPOCH) === Math.floor(revision / EPOCH);
  const choice = `--revision ${revision}${several ? ` --branch ${lineage.slice(0, 8)}` : ""}`;
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
            A restore of it brings back revision {revision}.{" "}
            <strong>{counted ? amountOf(lost, "commit") : "Every commit"}</strong> made since then would be
            lost:
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
        {counted && lost > SHOWN && <li class="soft">… and {amountOf(lost - SHOWN, "more", "more")}</li>}
      </ul>
      {lost > 0 && (
        <p class="soft small">
          Tokens that were made since then go with them. Those that were revoked since then stay revoked.
        </p>
      )}
      <p class="soft small">What it would bring, object by object; nothing is written:</p>
      <Command text={`ledge restore --plan ${choice}`} />
      <p class="soft small">Beside the running store, to look into it:</p>
      <Command text={`ledge restore --to restored.db ${choice}`} />
      <p class="soft small">
        In the place of this store. Stop the server first, start it afterwards; its file is kept beside the
        new one. It may have another name than this:
      </p>
      <Command text={`ledge restore --to .ledge/ledge.db --replace ${choice}`} />
      <p class="soft small">
        On another machine add <code>--from ENDPOINT/BUCKET/PREFIX</code>, with the bucket's credentials in
        the environment.
      </p>
    </div>
  );
}
