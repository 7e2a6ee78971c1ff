/** One commit: what it changed, line by line; how everything was then; and the way back. */
import { useState } from "preact/hooks";
import type { LoggedCommitWithChanges } from "../../../../lib/api/document-answers.ts";
import { documentHref, folderHref, go, href, route } from "../../app/router.ts";
import { read } from "../../app/server.ts";
import { may } from "../../app/session.ts";
import { PlanDialog } from "../../changes/plan-dialog.tsx";
import { revertOf } from "../../changes/work.ts";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { Moment } from "../../parts/moment.tsx";
import { useOlder } from "../../parts/older.ts";
import { Patch } from "../../parts/patch.tsx";
import { shownBytes } from "../../parts/shown-bytes.ts";
import { shownName, shownText } from "../../parts/shown-text.ts";
import { Skeleton } from "../../parts/skeleton.tsx";

type Commit = LoggedCommitWithChanges;

export function CommitPage() {
  const revision = Number(route.value.parts[0]);
  const older = useOlder(String(revision), (cursor) => readCommit(revision, cursor));
  const [reverting, setReverting] = useState(false);
  const { content, error, again } = useLoad(
    (signal) => readCommit(revision, undefined, signal),
    [revision],
    String(revision),
  );
  if (error !== undefined) return <ErrorBox error={error} again={again} />;
  if (content === undefined) return <Skeleton lines={10} />;
  const all = [content, ...older.pages];
  const changes = all.flatMap((page) => page.changes);
  const next = all.at(-1)?.next;
  const namespaces = [...new Set(changes.map(({ namespace }) => namespace))].filter(
    (one) => !one.startsWith("_"),
  );
  const reverts =
    namespaces.length > 0 &&
    changes.every(({ namespace, key }) => may("write", namespace, key)) &&
    !content.partial;
  return (
    <article>
      <header>
        <h1>{content.message ? shownText(content.message) : `Commit ${revision}`}</h1>
        <Facts commit={content} />
        <div class="actions-row">
          {reverts && (
            <button type="button" onClick={() => setReverting(true)}>
              Revert …
            </button>
          )}
          {namespaces.map((one) => (
            <a class="button" key={one} href={folderHref(one, "", revision)}>
              {one} as it was then
            </a>
          ))}
        </div>
      </header>
      {changes.map((change) => (
        <section class="part" key={`${change.namespace}/${change.key}`}>
          <h2>
            <a href={documentHref(change.namespace, change.key)}>
              {change.namespace}/{shownName(change.key)}
            </a>{" "}
            <span class="soft small">{wordsOf(change)}</span>
          </h2>
          {change.op === "erase" ? (
            <p class="soft">Every value that this key ever had was erased.</p>
          ) : (
            <Patch
              name={`${change.namespace}/${change.key}`}
              before={shownBytes(change.before)}
              after={change.op === "put" ? shownBytes(change) : undefined}
            />
          )}
        </section>
      ))}
      <ErrorBox error={older.error} />
      {next !== undefined && (
        <button type="button" onClick={() => older.more(next)}>
          More of this commit
        </button>
      )}
      {reverting && (
        <PlanDialog
          title={`Revert commit ${revision}`}
          work={revertOf(revision, changes)}
          saveWords="Revert it"
          message={`revert: ${content.message ?? `commit ${revision}`}`.slice(0, 1000)}
          close={() => setReverting(false)}
          done={(made) => go(href("commit", [String(made.revision ?? revision)]))}
        >
          <p class="soft">
            A new commit takes back what this one did. Keys that were changed again since then stand in its
            way, and are named.
          </p>
        </PlanDialog>
      )}
    </article>
  );
}

function readCommit(revision: number, cursor: string | undefined, signal?: AbortSignal): Promise<Commit> {
  return read(`/v1/commits/${revision}`, { values: "bytes", limit: 100, cursor }, signal);
}

function wordsOf({ op, before }: Commit["changes"][number]): string {
  if (op === "put") return before === undefined ? "created" : "changed";
  return op === "delete" ? "deleted" : "erased";
}

function Facts({ commit }: { commit: Commit }) {
  const { revision, time, author, actorName, actor, meta = {}, partial } = commit;
  return (
    <p class="facts small">
      <span>revision {revision}</span>
      <Moment at={time} />
      <span>
        {shownText(author ?? actorName ?? actor)}
        {author !== undefined && `, with the token ${shownText(actorName ?? actor)}`}
      </span>
      {Object.entries(meta).map(([name, value]) => (
        <span key={name}>
          {shownText(name)}: {shownText(value)}
        </span>
      ))}
      {partial && <span class="tag warn">only a part of it is for your token</span>}
    </p>
  );
}
