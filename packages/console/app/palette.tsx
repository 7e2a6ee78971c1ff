/** Ctrl-K: keys and values by a part of them, wherever the token reads, and the places of the console. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { SearchHit, SearchPage } from "../../../lib/api/document-answers.ts";
import { later } from "../../client/later.ts";
import { Dialog } from "../parts/dialog.tsx";
import { ErrorBox } from "../parts/failure.tsx";
import { shownName, shownText } from "../parts/shown-text.ts";
import { paletteOpen } from "./palette-open.ts";
import { documentHref, go, href, route } from "./router.ts";
import { read } from "./server.ts";
import { VIEWS } from "./views.ts";

/** Between a key and the search for what was written. */
const PAUSE_MS = 120;
const SHOWN = 50;

export function Palette() {
  return paletteOpen.value ? <Search /> : null;
}

interface Found {
  readonly hits: readonly SearchHit[];
  readonly error?: unknown;
  readonly looking: boolean;
}

function Search() {
  const [text, setText] = useState("");
  const [here, setHere] = useState(false);
  const [current, setCurrent] = useState(0);
  const namespace = /^(ns|doc|edit)$/.test(route.value.view) ? route.value.parts[0] : undefined;
  const found = useSearch(text, here ? namespace : undefined);
  const list = useRef<HTMLDivElement>(null);
  const places = Object.entries(VIEWS).flatMap(([name, { title, offered }]) =>
    title !== undefined &&
    offered?.() !== false &&
    text !== "" &&
    title.toLowerCase().startsWith(text.toLowerCase())
      ? [{ to: href(name), title }]
      : [],
  );
  const rows = [
    ...places.map(({ to, title }) => ({
      to,
      label: <>{title}</>,
      snippet: null as SearchHit["snippet"] | null,
    })),
    ...found.hits.map((hit) => ({
      to: documentHref(hit.namespace, hit.key),
      label: (
        <>
          <span class="soft">{hit.namespace}/</span>
          {shownName(hit.key)}
        </>
      ),
      snippet: hit.snippet,
    })),
  ];
  const close = () => (paletteOpen.value = false);
  const move = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setCurrent((before) => Math.min(rows.length - 1, before + 1));
    else if (event.key === "ArrowUp") setCurrent((before) => Math.max(0, before - 1));
    else if (event.key === "Enter" && rows[current] !== undefined) {
      go(rows[current].to);
      close();
    } else return;
    event.preventDefault();
  };
  useEffect(() => {
    list.current?.children[current]?.scrollIntoView({ block: "nearest" });
  }, [current]);
  return (
    <Dialog title="Find" close={close}>
      <input
        type="search"
        aria-label="A part of a key or of a value"
        {...combobox(rows.length, current)}
        placeholder="A part of a key or of a value"
        maxLength={200}
        autofocus
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setCurrent(0);
        }}
        onKeyDown={move}
      />
      {namespace !== undefined && (
        <label class="check">
          <input type="checkbox" checked={here} onChange={() => setHere(!here)} /> only in {namespace}
        </label>
      )}
      <ErrorBox error={found.error} />
      <div class="found" id="found" role="listbox" aria-label="Found" tabIndex={-1} ref={list}>
        {rows.map(({ to, label, snippet }, at) => (
          <a
            key={to}
            href={to}
            id={`found-${at}`}
            role="option"
            tabIndex={-1}
            aria-selected={at === current}
            onClick={close}
          >
            <span class="found-key">{label}</span>
            {snippet && <Snippet parts={snippet} />}
          </a>
        ))}
      </div>
      <p class="soft small" role="status">
        {text === ""
          ? "Namespaces, keys and values that your token reads. The case of ASCII letters does not matter."
          : found.looking
            ? "Looking …"
            : rows.length === 0
              ? "Found in no key and no value that your token may read."
              : rows.length >= SHOWN
                ? `The first ${SHOWN}; write more of it to see fewer.`
                : `${rows.length} found`}
      </p>
    </Dialog>
  );
}

function Snippet({ parts }: { parts: NonNullable<SearchHit["snippet"]> }) {
  return (
    <span class="snippet">
      {parts.map((one, nth) =>
        one.match ? <mark key={nth}>{shownText(one.text)}</mark> : shownText(one.text),
      )}
    </span>
  );
}

/** Focus stays in the input while arrows go through the list: the ARIA pattern, which the types know for datalists alone. */
function combobox(rows: number, current: number): object {
  return {
    role: "combobox",
    "aria-expanded": rows > 0,
    "aria-controls": "found",
    ...(rows > 0 ? { "aria-activedescendant": `found-${current}` } : {}),
  };
}

function useSearch(text: string, ns: string | undefined): Found {
  const [found, setFound] = useState<Found>({ hits: [], looking: false });
  useEffect(() => {
    if (text === "") return setFound({ hits: [], looking: false });
    const leave = new AbortController();
    setFound((before) => ({ ...before, looking: true }));
    later(PAUSE_MS, leave.signal)
      .then(() => search(text, ns, leave.signal))
      .then(
        (hits) => setFound({ hits, looking: false }),
        (error: unknown) => leave.signal.aborted || setFound({ hits: [], error, looking: false }),
      );
    return () => leave.abort();
  }, [text, ns]);
  return found;
}

/** Pages look at a bounded number of documents each, and may find nothing yet. */
async function search(q: string, ns: string | undefined, signal: AbortSignal): Promise<SearchHit[]> {
  const hits: SearchHit[] = [];
  for (let cursor: string | undefined; hits.length < SHOWN; ) {
    const page = await read<SearchPage>("/v1/search", { q, ns, limit: SHOWN, cursor }, signal);
    hits.push(...page.hits);
    cursor = page.next;
    if (cursor === undefined) break;
  }
  return hits.slice(0, SHOWN);
}
