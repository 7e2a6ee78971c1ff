/** Backups: what is proven, what would be lost now, and every point that the store can be put back to. */
import { useState } from "preact/hooks";
import type { BackupProof, BackupRun, BackupStatus, Snapshots } from "../../../../lib/api/backup-answers.ts";
import { notify } from "../../app/notices.tsx";
import { post, read } from "../../app/server.ts";
import { moves } from "../../app/standing.ts";
import { amountOf, formatSeconds } from "../../parts/amount.ts";
import { useBeat } from "../../parts/beat.ts";
import { Command } from "../../parts/copy.tsx";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { Moment } from "../../parts/moment.tsx";
import { shownText } from "../../parts/shown-text.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { Branches } from "./branches.tsx";
import { CostEstimate } from "./cost-estimate.tsx";
import { Points } from "./points.tsx";

const LOOK_S = 10;

export function Backups() {
  const beat = useBeat(LOOK_S);
  const status = useLoad(
    (signal) => read<BackupStatus>("/v1/backup/status", {}, signal),
    [moves.value, beat],
    "status",
  );
  const proven = status.content?.exportedRevision ?? 0;
  const points = useLoad(
    (signal) => read<Snapshots>("/v1/backup/snapshots", { limit: 200 }, signal),
    [proven, status.content?.points],
    "points",
  );
  if (status.error !== undefined) return <ErrorBox error={status.error} again={status.again} />;
  if (status.content === undefined) return <Skeleton lines={10} />;
  return (
    <section>
      <h1>Backups</h1>
      <State status={status.content} />
      {status.content.state !== "not_set" && <Actions done={status.again} />}
      {status.content.state !== "not_set" && (
        <>
          <ErrorBox error={points.error} again={points.again} />
          {points.content === undefined ? (
            points.error === undefined && <Skeleton />
          ) : (
            <>
              <Points first={points.content} />
              <Branches branches={points.content.branches} />
              <CostEstimate />
            </>
          )}
        </>
      )}
    </section>
  );
}

const STATES: Readonly<Record<BackupStatus["state"], { tone: string; words: string }>> = {
  ok: { tone: "good", words: "Everything is in the bucket" },
  restored: { tone: "good", words: "As it was restored; the first commit begins a new epoch" },
  not_set: { tone: "bad", words: "No bucket is set: nothing is backed up" },
  behind: { tone: "warn", words: "The bucket is behind" },
  failing: { tone: "bad", words: "Exporting fails" },
  fork: { tone: "bad", words: "Another history has gone on under the same prefix" },
  foreign: { tone: "bad", words: "The bucket holds somebody else's backups" },
};

function State({ status }: { status: BackupStatus }) {
  const {
    state,
    provenRevision,
    provenAt,
    exportedRevision,
    behindRevisions,
    behindSeconds,
    lastError,
    finding,
  } = status;
  return (
    <>
      <div class="cards">
        <div class="card">
          <span class="soft small">State</span>
          <strong class={`tone-${STATES[state].tone}`}>
            {state === "ok" && behindRevisions > 0
              ? "In order; the newest goes with the next tick"
              : STATES[state].words}
          </strong>
          {exportedRevision !== null && <span class="small">up to revision {exportedRevision}</span>}
        </div>
        <div class="card">
          <span class="soft small">Last proven restore point</span>
          <strong>{provenRevision === null ? "none yet" : `revision ${provenRevision}`}</strong>
          {provenAt !== null && (
            <span class="small">
              read back from the bucket <Moment at={provenAt} />
            </span>
          )}
        </div>
        <div class="card">
          <span class="soft small">Lost, if this disk died now</span>
          <strong class={behindRevisions === 0 ? "tone-good" : "tone-warn"}>
            {state === "not_set"
              ? "everything"
              : behindRevisions === 0
                ? "nothing"
                : amountOf(behindRevisions, "commit")}
          </strong>
          {behindRevisions > 0 && <span class="small">the oldest is {formatSeconds(behindSeconds)} old</span>}
        </div>
        <Checks status={status} />
      </div>
      {state === "not_set" && (
        <>
          <p>
            Name a bucket when you start the server; the settings document says what it must be allowed to do.
          </p>
          <Command text="ledge serve --variable bucket_endpoint=https://s3.example.com --variable bucket_name=my-backups" />
        </>
      )}
      {lastError !== null && (
        <p class="banner">
          {shownText(lastError.detail)} <code class="tag">{lastError.code}</code> <Moment at={lastError.at} />
        </p>
      )}
      {finding !== null && (
        <p class="banner">{shownText(finding.cause)}: exporting has stopped until somebody decides, below.</p>
      )}
    </>
  );
}

/** What looks for damage that nobody has met yet. */
function Checks({
  status: { damagedPoints, points, scrub, history, oldestReadAt },
}: {
  status: BackupStatus;
}) {
  const faults = (scrub?.faults ?? 0) + (history?.faults ?? 0);
  return (
    <div class="card">
      <span class="soft small">Checks</span>
      <strong class={damagedPoints + faults === 0 ? "tone-good" : "tone-bad"}>
        {damagedPoints + faults === 0
          ? `${amountOf(points, "restore point")}, none damaged`
          : `${damagedPoints} damaged, ${amountOf(faults, "fault")} in the store`}
      </strong>
      {oldestReadAt !== null && (
        <span class="small">
          every object read since <Moment at={oldestReadAt} />
        </span>
      )}
    </div>
  );
}

function Actions({ done }: { done: () => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const act = (work: () => Promise<string>) => async () => {
    setBusy(true);
    setError(undefined);
    try {
      notify(await work());
      done();
    } catch (cause) {
      setError(cause);
    }
    setBusy(false);
  };
  return (
    <>
      <div class="actions-row">
        <button type="button" class="main" disabled={busy} onClick={act(verify)}>
          {busy ? "At work …" : "Verify now"}
        </button>
        <button type="button" disabled={busy} onClick={act(backUp)}>
          Back up now
        </button>
      </div>
      <ErrorBox error={error} />
    </>
  );
}

async function verify(): Promise<string> {
  const { state, revision } = await post<BackupProof>("/v1/backup/prove");
  if (state === "proven") return `Read back and equal, up to revision ${revision}`;
  return {
    proving: "The chain is long: the next ticks go on",
    nothing: "There is no backup yet",
    skipped: "A run is going on",
  }[state];
}

async function backUp(): Promise<string> {
  const { state, to } = await post<BackupRun>("/v1/backup/run");
  if (state === "exported") return `The bucket has everything up to revision ${to}`;
  return state === "skipped" ? "A run is going on" : "There was nothing new";
}
