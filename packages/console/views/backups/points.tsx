/** Restore points on an axis of time and in a list; one that is chosen shows what a restore would bring and what it would lose. */
import { useState } from "preact/hooks";
import type { RestorePoint, Snapshots } from "../../../../lib/api/backup-answers.ts";
import { read } from "../../app/server.ts";
import { Moment } from "../../parts/moment.tsx";
import { BeforeRestore } from "./restore-preview.tsx";

const SHOWN = 20;

export function Points({ first }: { first: Snapshots }) {
  const [older, setOlder] = useState<readonly Snapshots[]>([]);
  const [chosen, setChosen] = useState<RestorePoint | undefined>(undefined);
  const pages = [first, ...older];
  const points = pages.flatMap(({ snapshots }) => snapshots);
  const next = pages.at(-1)?.next;
  const [whole, setWhole] = useState(false);
  if (points.length === 0) return <p class="soft">There is no restore point yet.</p>;
  const more = async () => {
    const page = await read<Snapshots>("/v1/backup/snapshots", { limit: 200, cursor: next });
    setOlder([...older, page]);
  };
  return (
    <section class="part">
      <h2>Restore points</h2>
      <Axis points={points} chosen={chosen} choose={setChosen} />
      <ul class="plain points">
        {points.slice(0, whole ? points.length : SHOWN).map((point) => (
          <li key={point.run}>
            <button
              type="button"
              class="quiet"
              aria-pressed={chosen?.run === point.run}
              onClick={() => setChosen(chosen?.run === point.run ? undefined : point)}
            >
              revision {point.revision}
            </button>{" "}
            <Moment at={point.made} />
            <Proof point={point} />
            {chosen?.run === point.run && <BeforeRestore point={point} several={first.branches.length > 1} />}
          </li>
        ))}
      </ul>
      {!whole && points.length > SHOWN && (
        <button type="button" onClick={() => setWhole(true)}>
          All {points.length}
        </button>
      )}
      {next !== undefined && (
        <button type="button" onClick={more}>
          Older
        </button>
      )}
    </section>
  );
}

function Proof({ point: { proof, damaged } }: { point: RestorePoint }) {
  if (damaged !== null) return <span class="tag bad">damaged: {damaged.object}</span>;
  if (proof === null) return <span class="tag warn">not proven yet</span>;
  return <span class="tag good">{proof === "replay" ? "proven: read back as a whole" : "proven"}</span>;
}

/** Newest at the right. Minutes and months share it, so its steps grow with the age. */
function Axis({
  points,
  chosen,
  choose,
}: {
  points: readonly RestorePoint[];
  chosen: RestorePoint | undefined;
  choose: (point: RestorePoint) => void;
}) {
  const nowMs = Date.now();
  const age = ({ made }: RestorePoint) => Math.log1p(Math.max(0, nowMs - Date.parse(made)) / 60_000);
  const most = Math.max(...points.map(age), 1);
  return (
    <div class="axis" aria-hidden="true">
      {points.map((point) => (
        // The list below is for the keyboard and for readers.
        <button
          type="button"
          tabIndex={-1}
          key={point.run}
          class={`${point.damaged !== null ? "bad" : point.proof === null ? "open" : ""} ${chosen?.run === point.run ? "chosen" : ""}`}
          style={{ left: `${100 - (100 * age(point)) / most}%` }}
          title={`revision ${point.revision}, ${point.made}`}
          onClick={() => choose(point)}
        />
      ))}
      <span class="axis-old small soft">older</span>
      <span class="axis-now small soft">now</span>
    </div>
  );
}
