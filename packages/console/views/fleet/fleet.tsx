/** Which edge serves what, how far behind, who is silent; and whether a revision is live everywhere. */
import type { Fleet, Replica } from "../../../../lib/api/rollout-bodies.ts";
import { href, route } from "../../app/router.ts";
import { read } from "../../app/server.ts";
import { moves } from "../../app/standing.ts";
import { formatCount, formatSeconds } from "../../parts/amount.ts";
import { useBeat } from "../../parts/beat.ts";
import { Command } from "../../parts/copy.tsx";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { Moment } from "../../parts/moment.tsx";
import { useOlder } from "../../parts/older.ts";
import { shownName, shownText } from "../../parts/shown-text.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { DataTable } from "../../parts/table.tsx";
import { IsItLive } from "./is-it-live.tsx";
import { LagChart, useLag } from "./lag-chart.tsx";

const LOOK_S = 3;
const PAGE = 500;

export function FleetPage() {
  const namespace = route.value.query.get("ns") || undefined;
  const beat = useBeat(LOOK_S);
  const { content, error, again } = useLoad(
    (signal) => readPage(namespace, undefined, signal),
    [moves.value, beat, namespace],
    namespace ?? "",
  );
  const older = useOlder(namespace ?? "", (cursor) => readPage(namespace, cursor));
  const lag = useLag(content);
  if (error !== undefined) return <ErrorBox error={error} again={again} />;
  if (content === undefined) return <Skeleton lines={10} />;
  const pages = [content, ...older.pages];
  const next = pages.at(-1)?.next;
  if (content.summary.replicas === 0 && namespace === undefined) return <NoEdges />;
  return (
    <section>
      <h1>Fleet{namespace !== undefined && ` of ${namespace}`}</h1>
      {namespace !== undefined && <a href={href("fleet")}>All namespaces</a>}
      <Summary fleet={content} />
      <IsItLive
        namespace={namespace}
        wanted={Math.max(0, ...content.replicas.map(({ wanted = 0 }) => wanted))}
      />
      <LagChart samples={lag} />
      <DataTable heads={["Edge", "Namespace", { number: "Revision" }, "Standing", "Heard", "Source"]}>
        {pages
          .flatMap(({ replicas }) => replicas)
          .map((one) => (
            <Row key={`${one.edge} ${one.namespace}`} replica={one} />
          ))}
      </DataTable>
      <ErrorBox error={older.error} />
      {next !== undefined && (
        <button type="button" onClick={() => older.more(next)}>
          More edges
        </button>
      )}
    </section>
  );
}

function readPage(ns: string | undefined, cursor: string | undefined, signal?: AbortSignal): Promise<Fleet> {
  return read("/v1/admin/fleet", { ns, limit: PAGE, cursor }, signal);
}

function NoEdges() {
  return (
    <section class="empty">
      <h1>No edge has reported</h1>
      <p>
        An agent beside your services keeps a copy, serves it when everything else is down, and reports here:
      </p>
      <Command
        text={`ledge agent shop-prod --from ${location.origin} --token-file agent-token --edge fra-1`}
      />
    </section>
  );
}

const COUNTS = [
  ["edges", ""],
  ["behind", "warn"],
  ["silent", "warn"],
  ["refusing", "bad"],
  ["ahead", "warn"],
  ["lost", "bad"],
  ["foreign", "bad"],
] as const;

function Summary({ fleet: { summary } }: { fleet: Fleet }) {
  return (
    <ul class="counts">
      {COUNTS.filter(([name]) => name === "edges" || summary[name] > 0).map(([name, tone]) => (
        <li key={name} class={tone}>
          <strong>{formatCount(summary[name])}</strong>{" "}
          {summary.edges === 1 && name === "edges" ? "edge" : name}
        </li>
      ))}
      {summary.behind + summary.silent + summary.refusing === 0 && <li class="good">all are current</li>}
    </ul>
  );
}

function Row({ replica }: { replica: Replica }) {
  const { edge, namespace, revision, wanted, heard, source, through, channel, version } = replica;
  return (
    <tr>
      <td>
        {shownName(edge)}
        <div class="soft small">
          {shownName(version ?? "")}
          {through && ` through ${shownName(through)}`}
        </div>
      </td>
      <td>
        <a href={href("fleet", [], { ns: namespace })}>{namespace}</a>
        {channel && <span class="soft">@{channel}</span>}
      </td>
      <td class="number">
        {revision}
        {wanted !== undefined && wanted !== revision && <span class="soft"> of {wanted}</span>}
      </td>
      <td>
        <Standing replica={replica} />
      </td>
      <td>
        <Moment at={heard} />
      </td>
      <td>{shownName(source)}</td>
    </tr>
  );
}

function Standing({ replica }: { replica: Replica }) {
  const { silentSince, refusal, standing, behindRevisions, behindSeconds } = replica;
  if (refusal !== undefined)
    return (
      <>
        <span class="dot bad" /> refuses {refusal.revision}: {shownText(refusal.detail ?? refusal.code)}
      </>
    );
  if (silentSince !== undefined)
    return (
      <>
        <span class="dot" /> silent since <Moment at={silentSince} />
      </>
    );
  if (standing === "current")
    return (
      <>
        <span class="dot good" /> current
      </>
    );
  if (standing === "behind")
    return (
      <>
        <span class="dot" /> {behindRevisions} behind, {formatSeconds(behindSeconds)}
      </>
    );
  return (
    <>
      <span class="dot bad" /> {standing}
    </>
  );
}
