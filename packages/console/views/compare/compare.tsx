/** Two states side by side: of one namespace at two times, or of two namespaces. Keys that are picked are brought over in one commit. */
import { useEffect, useState } from "preact/hooks";
import type { DiffEntry, DiffPage } from "../../../../lib/api/document-answers.ts";
import { documentHref, href, replace, route } from "../../app/router.ts";
import { may } from "../../app/session.ts";
import { moves } from "../../app/standing.ts";
import { readDiff, readNamespaces } from "../../app/store.ts";
import { PlanDialog } from "../../changes/plan-dialog.tsx";
import { workOf } from "../../changes/work.ts";
import { amountOf } from "../../parts/amount.ts";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { Patch } from "../../parts/patch.tsx";
import { shownBytes } from "../../parts/shown-bytes.ts";
import { shownName } from "../../parts/shown-text.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { changesOver } from "./bring-over.ts";

const FIELDS = ["ns", "from", "toNs", "to", "prefix"] as const;
type Texts = Record<(typeof FIELDS)[number], string>;
const PAGE = 100;

export function Compare() {
  const { query } = route.value;
  const texts = textsOf(query);
  return (
    <section>
      <h1>Compare</h1>
      <Chooser texts={texts} />
      {texts.ns === "" ? (
        <p class="soft">
          Choose a namespace, and what it is compared with: a former state of it, or another namespace.
        </p>
      ) : (
        <Differences key={query.toString()} texts={texts} />
      )}
    </section>
  );
}

function textsOf(query: URLSearchParams): Texts {
  const at = (name: keyof Texts) => query.get(name) ?? "";
  return { ns: at("ns"), from: at("from"), toNs: at("toNs"), to: at("to"), prefix: at("prefix") };
}

function Chooser({ texts: shown }: { texts: Texts }) {
  const [texts, setTexts] = useState(shown);
  const { content = [] } = useLoad(readNamespaces, [], "namespaces");
  const place = FIELDS.map((name) => shown[name]).join("\0");
  // The texts are new with each drawing; what they say is not.
  useEffect(() => setTexts(shown), [place]);
  const change = (name: keyof Texts) => (event: { currentTarget: { value: string } }) =>
    setTexts({ ...texts, [name]: event.currentTarget.value });
  const names = content.map(({ name }) => name);
  return (
    <form
      class="filters"
      onSubmit={(event) => {
        event.preventDefault();
        replace(href("compare", [], texts));
      }}
    >
      <label class="field">
        Namespace
        <select value={texts.ns} onChange={change("ns")}>
          <option value="">choose one</option>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <label class="field">
        at revision or moment
        <input
          value={texts.from}
          placeholder={texts.toNs === "" ? "42 or 2026-01-31T10:00Z" : "now"}
          required={texts.toNs === ""}
          onInput={change("from")}
        />
      </label>
      <label class="field">
        with
        <select value={texts.toNs} onChange={change("toNs")}>
          <option value="">itself</option>
          {names
            .filter((name) => name !== texts.ns)
            .map((name) => (
              <option key={name}>{name}</option>
            ))}
        </select>
      </label>
      <label class="field">
        at revision or moment
        <input value={texts.to} placeholder="now" onInput={change("to")} />
      </label>
      <label class="field">
        Keys that begin with
        <input value={texts.prefix} onInput={change("prefix")} />
      </label>
      <button type="submit">Compare</button>
    </form>
  );
}

function Differences({ texts }: { texts: Texts }) {
  const { content, error, again } = useLoad(
    (signal) => readPage(texts, undefined, signal),
    [texts.to === "" ? moves.value : 0],
    "first",
  );
  const [older, setOlder] = useState<{ first: DiffPage | undefined; pages: DiffPage[] }>({
    first: undefined,
    pages: [],
  });
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [bringing, setBringing] = useState(false);
  if (error !== undefined) return <ErrorBox error={error} again={again} />;
  if (content === undefined) return <Skeleton lines={10} />;
  const pages = [content, ...(older.first === content ? older.pages : [])];
  const entries = pages.flatMap((page) => page.entries);
  const next = pages.at(-1)?.next;
  const target = texts.toNs || texts.ns;
  // What is not as it is now cannot be changed any more.
  const brings = texts.to === "" && may("write", target);
  const chosen = entries.filter(({ key }) => picked.has(key));
  const left = `${texts.ns}${texts.from && ` at ${texts.from}`}`;
  const pick = (key: string) => {
    const after = new Set(picked);
    if (!after.delete(key)) after.add(key);
    setPicked(after);
  };
  const more = async () => {
    const page = await readPage(texts, next);
    setOlder({ first: content, pages: [...pages.slice(1), page] });
  };
  return (
    <>
      <div class="spread">
        <p>
          {entries.length === 0
            ? "Both are equal."
            : `${amountOf(entries.length, "key")}${next === undefined ? "" : " so far"} differ${entries.length === 1 ? "s" : ""}.`}
        </p>
        {brings && entries.length > 0 && (
          <>
            <button
              type="button"
              class="quiet"
              onClick={() => setPicked(new Set(entries.map(({ key }) => key)))}
            >
              Pick all
            </button>
            <button
              type="button"
              class="main"
              disabled={chosen.length === 0}
              onClick={() => setBringing(true)}
            >
              {texts.toNs === ""
                ? `Put ${amountOf(chosen.length, "key")} back`
                : `Promote ${amountOf(chosen.length, "key")} to ${target}`}
            </button>
          </>
        )}
      </div>
      {entries.map((entry) => (
        <Difference
          key={entry.key}
          entry={entry}
          namespace={target}
          words={{
            created: texts.toNs === "" ? "made since" : `only in ${target}`,
            deleted: texts.toNs === "" ? "deleted since" : `only in ${texts.ns}`,
            changed: "changed",
          }}
          picked={picked.has(entry.key)}
          pick={brings ? () => pick(entry.key) : undefined}
        />
      ))}
      {next !== undefined && (
        <button type="button" onClick={more}>
          More
        </button>
      )}
      {bringing && (
        <PlanDialog
          title={`Make ${amountOf(chosen.length, "key")} of ${target} like ${left}`}
          work={workOf(changesOver(target, chosen))}
          saveWords="Do it"
          message={texts.toNs === "" ? `back to ${left}` : `promote from ${left}`}
          close={() => setBringing(false)}
          done={() => {
            setBringing(false);
            setPicked(new Set());
            again();
          }}
        />
      )}
    </>
  );
}

function readPage({ ns, from, toNs, to, prefix }: Texts, cursor: string | undefined, signal?: AbortSignal) {
  const query = {
    from: from || undefined,
    to: to || undefined,
    toNamespace: toNs || undefined,
    prefix: prefix || undefined,
    values: "bytes",
    limit: PAGE,
    cursor,
  };
  return readDiff(ns, query, signal);
}

function Difference({
  entry,
  namespace,
  words,
  picked,
  pick,
}: {
  entry: DiffEntry;
  namespace: string;
  words: Readonly<Record<DiffEntry["result"], string>>;
  picked: boolean;
  pick: (() => void) | undefined;
}) {
  const { key, result, before, after } = entry;
  return (
    <section class="part">
      <h2 class="pick">
        {pick !== undefined && (
          <input type="checkbox" aria-label={`Pick ${shownName(key)}`} checked={picked} onChange={pick} />
        )}
        <a href={documentHref(namespace, key)}>{shownName(key)}</a>
        <span class="soft small">{words[result]}</span>
      </h2>
      <Patch name={key} before={shownBytes(before)} after={shownBytes(after)} />
    </section>
  );
}
