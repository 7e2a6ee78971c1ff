/** One folder: the folders in it and its documents, a page of a thousand at a time. */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Document, ListPage } from "../../../../lib/api/document-answers.ts";
import { documentHref, folderHref } from "../../app/router.ts";
import { noteSignedOut } from "../../app/session.ts";
import { moves } from "../../app/standing.ts";
import { listFolder } from "../../app/store.ts";
import { bytesWords } from "../../parts/amount.ts";
import { ErrorBox } from "../../parts/failure.tsx";
import { shownName } from "../../parts/shown-text.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { VirtualList } from "../../parts/virtual-list.tsx";

interface Props {
  readonly namespace: string;
  readonly prefix: string;
  readonly at: number | undefined;
  /** The document that is shown beside it. */
  readonly current: string | undefined;
}

type Row =
  | { readonly kind: "folder"; readonly prefix: string }
  | { readonly kind: "document"; readonly one: Document };

const ROW_PX = 34;

export function FolderList({ namespace, prefix, at, current }: Props) {
  const { pages, error, more, again } = useFolder({ namespace, prefix, at });
  const rows = useMemo(() => pages?.flatMap(rowsOf), [pages]);
  return (
    <section class="folder" aria-label="Folder">
      <Crumbs namespace={namespace} prefix={prefix} at={at} />
      {error !== undefined && <ErrorBox error={error} again={again} />}
      {rows === undefined ? (
        error === undefined && <Skeleton />
      ) : rows.length === 0 ? (
        <p class="soft">There is nothing here{at === undefined ? "" : ` at revision ${at}`}.</p>
      ) : (
        <VirtualList
          label={`Documents in ${namespace}/${prefix}`}
          items={rows}
          rowHeight={ROW_PX}
          keyOf={(row) => (row.kind === "folder" ? `f${row.prefix}` : `d${row.one.key}`)}
          more={more}
          row={(row, _at, focus) =>
            row.kind === "folder" ? (
              <a class="row-link dir" href={folderHref(namespace, row.prefix, at)} {...focus}>
                <span class="name">{shownName(row.prefix.slice(prefix.length))}</span>
              </a>
            ) : (
              <a
                class="row-link"
                href={documentHref(namespace, row.one.key, at)}
                aria-current={row.one.key === current ? "true" : undefined}
                {...focus}
              >
                <span class="name">{shownName(row.one.key.slice(prefix.length)) || "(no name)"}</span>
                <span class="soft small">{bytesWords(row.one.size)}</span>
              </a>
            )
          }
        />
      )}
    </section>
  );
}

function rowsOf({ prefixes, documents }: ListPage): Row[] {
  return [
    ...prefixes.map((one) => ({ kind: "folder", prefix: one }) as const),
    ...documents.map((one) => ({ kind: "document", one }) as const),
  ];
}

function Crumbs({ namespace, prefix, at }: Omit<Props, "current">) {
  const parts = prefix.split("/").slice(0, -1);
  return (
    <nav class="crumbs" aria-label="Where this is">
      <a href={folderHref(namespace, "", at)}>{namespace}</a>
      {parts.map((one, index) => {
        const to = `${parts.slice(0, index + 1).join("/")}/`;
        return (
          <span key={to}>
            {" / "}
            <a href={folderHref(namespace, to, at)}>{shownName(one) || "(empty)"}</a>
          </span>
        );
      })}
      {at !== undefined && (
        <span class="tag past">
          as it was at revision {at} <a href={folderHref(namespace, prefix)}>back to now</a>
        </span>
      )}
    </nav>
  );
}

/** The pages so far. When the store moves, as many are read anew, and take the place of those that stand meanwhile. */
function useFolder({ namespace, prefix, at }: { namespace: string; prefix: string; at: number | undefined }) {
  const place = `${namespace}/${prefix}@${at ?? ""}`;
  const [state, setState] = useState<{ place: string; pages?: ListPage[]; error?: unknown }>({ place });
  const [nth, setNth] = useState(0);
  const busy = useRef(false);
  const mine = state.place === place ? state : { place };
  const now = at === undefined ? moves.value : 0;
  const wanted = mine.pages?.length ?? 1;
  useEffect(() => {
    const leave = new AbortController();
    readPages(wanted).then(
      (pages) => leave.signal.aborted || setState({ place, pages }),
      (error: unknown) => {
        if (leave.signal.aborted) return;
        noteSignedOut(error);
        setState({ place, error });
      },
    );
    return () => leave.abort();

    async function readPages(count: number) {
      const pages: ListPage[] = [];
      for (let cursor: string | undefined; pages.length < count; ) {
        const page = await listFolder(namespace, { prefix, revision: at, cursor }, leave.signal);
        pages.push(page);
        cursor = page.next;
        if (cursor === undefined) break;
      }
      return pages;
    }
  }, [place, now, nth]);
  const next = mine.pages?.at(-1)?.next;
  const more = useCallback(() => {
    if (next === undefined || busy.current) return;
    busy.current = true;
    listFolder(namespace, { prefix, revision: at, cursor: next })
      .then((page) =>
        setState((before) =>
          before.place === place ? { place, pages: [...(before.pages ?? []), page] } : before,
        ),
      )
      // The cursor is an hour old, or the store has moved away under it: all is read anew.
      .catch(() => setNth((before) => before + 1))
      .finally(() => {
        busy.current = false;
      });
  }, [next, place]);
  return {
    pages: mine.pages,
    error: mine.error,
    more: next === undefined ? undefined : more,
    again: () => setNth((before) => before + 1),
  };
}
