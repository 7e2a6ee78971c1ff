/** Who changed what about access and settings: the log of Ledge's own namespaces, to filter and to take along. */
import { useState } from "preact/hooks";
import type { CommitsPage, LoggedCommit } from "../../../../lib/api/document-answers.ts";
import { href } from "../../app/router.ts";
import { read } from "../../app/server.ts";
import { moves } from "../../app/standing.ts";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { Moment } from "../../parts/moment.tsx";
import { saveFile } from "../../parts/save-file.ts";
import { shownName, shownText } from "../../parts/shown-text.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { DataTable } from "../../parts/table.tsx";

const WHAT = { "": "Everything", _auth: "Tokens", _system: "Settings" } as const;
const PAGE = 100;
const EXPORTED_MAX = 100_000;

export function AuditSettings() {
  const [ns, setNs] = useState("");
  const [actor, setActor] = useState("");
  const [from, setFrom] = useState("");
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<unknown>(undefined);
  const asked = {
    ns: ns || undefined,
    actor: actor || undefined,
    from: from ? `${from}T00:00:00Z` : undefined,
  };
  const place = JSON.stringify(asked);
  const { content, error, again } = useLoad(
    (signal) => readLog(asked, undefined, signal),
    [place, moves.value],
    place,
  );
  const save = async () => {
    setBusy(true);
    setFailed(undefined);
    try {
      saveLines(await readAll(asked));
    } catch (cause) {
      setFailed(cause);
    }
    setBusy(false);
  };
  return (
    <section class="part">
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label class="field">
          What
          <select value={ns} onChange={(event) => setNs(event.currentTarget.value)}>
            {Object.entries(WHAT).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          By token (name or accessor)
          <input value={actor} onChange={(event) => setActor(event.currentTarget.value)} />
        </label>
        <label class="field">
          Since
          <input type="date" value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
        </label>
        <button type="button" disabled={busy} onClick={save}>
          {busy ? "Reading …" : "Save as JSON lines"}
        </button>
      </form>
      <ErrorBox error={error ?? failed} again={again} />
      {content === undefined ? (
        error === undefined && <Skeleton />
      ) : (
        <DataTable heads={[{ number: "Revision" }, "When", "Who", "What"]}>
          {content.commits.map((one) => (
            <tr key={one.revision}>
              <td class="number">
                <a href={href("commit", [String(one.revision)])}>{one.revision}</a>
              </td>
              <td>
                <Moment at={one.time} />
              </td>
              <td>{shownText(one.actorName ?? one.actor)}</td>
              <td class="small">
                {one.message && <div>{shownText(one.message)}</div>}
                {(one.changes ?? []).slice(0, 3).map(({ op, namespace, key }) => (
                  <div key={`${namespace}/${key}`}>
                    {op} {namespace}/{shownName(key)}
                  </div>
                ))}
              </td>
            </tr>
          ))}
        </DataTable>
      )}
      <p class="soft small">
        With its hash chain: <code>ledge audit</code>
      </p>
    </section>
  );
}

function readLog(
  asked: Readonly<Record<string, string | undefined>>,
  cursor: string | undefined,
  signal?: AbortSignal,
): Promise<CommitsPage> {
  return read("/v1/commits", { ...asked, changes: true, values: "none", limit: PAGE, cursor }, signal);
}

async function readAll(asked: Readonly<Record<string, string | undefined>>): Promise<LoggedCommit[]> {
  const all: LoggedCommit[] = [];
  for (let cursor: string | undefined; all.length < EXPORTED_MAX; ) {
    const page = await readLog(asked, cursor);
    all.push(...page.commits);
    cursor = page.next;
    if (cursor === undefined) break;
  }
  return all;
}

function saveLines(commits: readonly LoggedCommit[]): void {
  const text = commits.map((one) => `${JSON.stringify(one)}\n`).join("");
  saveFile("audit.jsonl", text, "application/x-ndjson");
}
