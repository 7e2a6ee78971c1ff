/** Everything that was begun and not saved yet: chosen, planned and committed together, or thrown away. */
import { useState } from "preact/hooks";
import { documentHref, go, href } from "../../app/router.ts";
import { may } from "../../app/session.ts";
import { draftNames } from "../../changes/draft-names.ts";
import { allDrafts, type Draft, dropDraft, readDraft } from "../../changes/drafts.ts";
import { PlanDialog } from "../../changes/plan-dialog.tsx";
import type { WantedChange } from "../../changes/wanted.ts";
import { workOf } from "../../changes/work.ts";
import { amountOf } from "../../parts/amount.ts";
import { ErrorBox } from "../../parts/failure.tsx";
import { Moment } from "../../parts/moment.tsx";
import { shownName } from "../../parts/shown-text.ts";
import { wantedFrom } from "./wanted-from.ts";

const nameOf = ({ namespace, key }: { namespace: string; key: string }) => `${namespace}/${key}`;

export function Changes() {
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [planning, setPlanning] = useState<{ drafts: Draft[]; changes: WantedChange[] }>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const drafts = draftNames.value.length === 0 ? [] : allDrafts();
  const mine = drafts.filter(
    ({ namespace, key }) => may("write", namespace, key) || may("plan", namespace, key),
  );
  const chosen = mine.filter((one) => !left.has(nameOf(one)));
  const plan = async () => {
    setBusy(true);
    setError(undefined);
    try {
      setPlanning({ drafts: chosen, changes: await wantedFrom(chosen) });
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  const choose = (name: string, yes: boolean) => {
    const next = new Set(left);
    if (yes) next.delete(name);
    else next.add(name);
    setLeft(next);
  };
  if (drafts.length === 0)
    return (
      <section class="empty">
        <h1>No changes wait</h1>
        <p>
          What you begin in an editor stands here until it is saved, also over a reload. Several changes can
          then be saved together. <a href={href("")}>Look for a document</a>
        </p>
      </section>
    );
  return (
    <section>
      <h1>Changes that are not saved</h1>
      <p class="soft">
        They are in this browser alone. Those that are chosen are planned, and saved in one commit, or not at
        all.
      </p>
      <ul class="plain tray">
        {mine.map((draft) => (
          <li key={nameOf(draft)}>
            <DraftRow
              draft={draft}
              chosen={!left.has(nameOf(draft))}
              choose={(yes) => choose(nameOf(draft), yes)}
            />
          </li>
        ))}
      </ul>
      {mine.length < drafts.length && (
        <p class="soft small">
          {amountOf(drafts.length - mine.length, "draft")} of documents that your token may not change.
        </p>
      )}
      <ErrorBox error={error} />
      <button type="button" class="main" disabled={chosen.length === 0 || busy} onClick={plan}>
        Plan {amountOf(chosen.length, "change")}
      </button>
      {planning !== undefined && (
        <PlanDialog
          work={workOf(planning.changes)}
          close={() => setPlanning(undefined)}
          done={({ revision }) => {
            for (const draft of planning.drafts)
              if (readDraft(draft)?.saved === draft.saved) dropDraft(draft);
            setPlanning(undefined);
            if (revision !== undefined && may("history", planning.drafts[0]?.namespace ?? ""))
              go(href("commit", [String(revision)]));
          }}
        />
      )}
    </section>
  );
}

function DraftRow({
  draft,
  chosen,
  choose,
}: {
  draft: Draft;
  chosen: boolean;
  choose: (yes: boolean) => void;
}) {
  const { namespace, key, op, base, saved } = draft;
  const words = op === "delete" ? "delete" : base === 0 ? "create" : "change";
  return (
    <div class="row">
      <label class="check grow">
        <input type="checkbox" checked={chosen} onChange={(event) => choose(event.currentTarget.checked)} />
        <span class={`tag ${op === "delete" ? "bad" : base === 0 ? "good" : ""}`}>{words}</span>
        <span class="tray-name">
          <span class="soft">{namespace}/</span>
          {shownName(key)}
        </span>
      </label>
      <span class="soft small">
        {base > 0 && `on revision ${base}, `}
        <Moment at={saved} />
      </span>
      <a href={op === "delete" ? documentHref(namespace, key) : href("edit", [namespace, key])}>
        {op === "delete" ? "Look" : "Edit"}
      </a>
      <button
        type="button"
        class="quiet"
        aria-label={`Discard the change of ${namespace}/${key}`}
        onClick={() => dropDraft(draft)}
      >
        Discard
      </button>
    </div>
  );
}
