/** Every change, newest first: who, when, why, and what. */
import { useEffect, useState } from "preact/hooks";
import type { CommitsPage, LoggedCommit } from "../../../../lib/api/document-answers.ts";
import { documentHref, href, replace, route } from "../../app/router.ts";
import { read } from "../../app/server.ts";
import { moves } from "../../app/standing.ts";
import { amountOf } from "../../parts/amount.ts";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { Moment } from "../../parts/moment.tsx";
import { useOlder } from "../../parts/older.ts";
import { shownName, shownText } from "../../parts/shown-text.ts";
import { Skeleton } from "../../parts/skeleton.tsx";

const FILTERS = [
  ["ns", "Namespace"],
  ["key", "Key"],
  ["prefix", "Keys that begin with"],
  ["actor", "Token"],
  ["message", "In the message"],
] as const;

const PAGE = 50;
const KEYS_SHOWN = 4;

export function Timeline() {
  const { query } = route.value;
  const asked = Object.fromEntries(FILTERS.map(([name]) => [name, query.get(name) || undefined]));
  const place = query.toString();
  const { content, error, again } = useLoad(
    (signal) => readLog(asked, undefined, signal),
    [place, moves.value],
    place,
  );
  const older = useOlder(place, (cursor) => readLog(asked, cursor));
  const pages = content === undefined ? [] : joined(content, older.pages);
  const commits = new Map(pages.flatMap((page) => page.commits).map((one) => [one.revision, one]));
  const next = pages.at(-1)?.next;
  return (
    <section>
      <h1>Timeline</h1>
      <Filters />
      <ErrorBox error={error ?? older.error} again={again} />
      {content === undefined ? (
        error === undefined && <Skeleton lines={12} />
      ) : (
        <ol class="timeline">
          {[...commits.values()].map((commit) => (
            <Entry key={commit.revision} commit={commit} />
          ))}
        </ol>
      )}
      {content !== undefined && commits.size === 0 && next === undefined && (
        <p class="soft">No commit that your token may see fits that.</p>
      )}
      {next !== undefined && (
        <button type="button" onClick={() => older.more(next, content)}>
          Older
        </button>
      )}
    </section>
  );
}

/**
 * The newest page before those that were asked for, which begin with what was the newest then. Where so much came since that
 * nothing is in both, there would be a hole between them: they go.
 */
function joined(newest: CommitsPage, older: readonly CommitsPage[]): readonly CommitsPage[] {
  const known = new Set(older[0]?.commits.map(({ revision }) => revision));
  return newest.commits.some(({ revision }) => known.has(revision)) ? [newest, ...older] : [newest];
}

function readLog(asked: object, cursor: string | undefined, signal?: AbortSignal): Promise<CommitsPage> {
  return read("/v1/commits", { ...asked, cursor, changes: true, values: "none", limit: PAGE }, signal);
}

function Entry({ commit }: { commit: LoggedCommit }) {
  const { revision, time, author, actorName, actor, message, changes = [], changeCount } = commit;
  const count = changeCount ?? changes.length;
  return (
    <li>
      <a class="entry" href={href("commit", [String(revision)])}>
        <span class="number soft">{revision}</span>
        <span>
          <strong>{message ? shownText(message) : `${amountOf(count, "change")}, no message`}</strong>
          <span class="soft small">
            {shownText(author ?? actorName ?? actor)}, <Moment at={time} />
            {commit.partial && ", only a part of it is for your token"}
          </span>
        </span>
      </a>
      <span class="small keys-changed">
        {changes.slice(0, KEYS_SHOWN).map(({ op, namespace, key }) => (
          <a key={`${namespace}/${key}`} href={documentHref(namespace, key)} class={`is-${op}`}>
            {namespace}/{shownName(key)}
          </a>
        ))}
        {count > KEYS_SHOWN && <span class="soft">and {amountOf(count - KEYS_SHOWN, "more", "more")}</span>}
      </span>
    </li>
  );
}

/** What is filtered by stands in the address, so that it can be sent to somebody. */
function Filters() {
  const { query } = route.value;
  const [texts, setTexts] = useState(() => textsOf(query));
  useEffect(() => setTexts(textsOf(query)), [query]);
  const apply = (event: Event) => {
    event.preventDefault();
    replace(href("timeline", [], texts));
  };
  return (
    <form class="filters" onSubmit={apply}>
      {FILTERS.map(([name, title]) => (
        <label class="field" key={name}>
          {title}
          <input
            value={texts[name] ?? ""}
            onInput={(event) => setTexts({ ...texts, [name]: event.currentTarget.value })}
          />
        </label>
      ))}
      <button type="submit">Show</button>
      {query.size > 0 && <a href={href("timeline")}>Everything</a>}
    </form>
  );
}

function textsOf(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries(FILTERS.map(([name]) => [name, query.get(name) ?? ""]));
}
