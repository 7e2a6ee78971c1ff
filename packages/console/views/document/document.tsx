/** One document, for reading first: what it holds, who changed it last and why, where it is live, and how to read it. */
import { useEffect } from "preact/hooks";
import { LedgeError } from "../../../client/errors.ts";
import { documentHref, go, href } from "../../app/router.ts";
import { may } from "../../app/session.ts";
import { moves } from "../../app/standing.ts";
import { readDocument } from "../../app/store.ts";
import { viewKeys } from "../../app/view-keys.ts";
import { hasDraft } from "../../changes/draft-names.ts";
import { bytesWords } from "../../parts/amount.ts";
import { Copy } from "../../parts/copy.tsx";
import { ErrorBox } from "../../parts/failure.tsx";
import { useLoad } from "../../parts/load.ts";
import { Moment } from "../../parts/moment.tsx";
import { saveFile } from "../../parts/save-file.ts";
import { shownName } from "../../parts/shown-text.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { documentText, isJsonText } from "../../parts/text.ts";
import { Value } from "../../parts/value.tsx";
import { DeleteButton } from "./delete-button.tsx";
import { LastChange } from "./last-change.tsx";
import { LiveWhere } from "./live-where.tsx";
import { ReadingIt } from "./reading-it.tsx";
import { SchemaFacts } from "./schema-facts.tsx";

interface Props {
  readonly namespace: string;
  readonly docKey: string;
  /** The state that is looked at; undefined for now. */
  readonly at: number | undefined;
}

export function DocumentPage({ namespace, docKey, at }: Props) {
  const moved = at === undefined ? moves.value : 0;
  const { content, error, again } = useLoad(
    (signal) => readDocument(namespace, docKey, { revision: at, signal }),
    [namespace, docKey, at, moved],
    `${namespace}/${docKey}@${at ?? ""}`,
  );
  const edits = at === undefined && (may("write", namespace, docKey) || may("plan", namespace, docKey));
  const missing = at === undefined && error instanceof LedgeError && error.code === "not_found";
  const drafted = hasDraft(namespace, docKey);
  const editHref = href("edit", [namespace, docKey], { new: missing && !drafted ? 1 : undefined });
  useEffect(() => {
    viewKeys.value = edits ? { e: () => go(editHref) } : {};
    return () => {
      viewKeys.value = {};
    };
  }, [edits, editHref]);
  const text = content && documentText(content.bytes);
  return (
    <article class="document">
      <header>
        <h1>{shownName(docKey)}</h1>
        <div class="actions-row">
          {edits && (
            <a class="button main" href={editHref}>
              {drafted ? "Go on with your draft" : missing ? "Make it" : "Edit"}
            </a>
          )}
          {edits && content && <DeleteButton namespace={namespace} docKey={docKey} stored={content} />}
          {may("history", namespace, docKey) && (
            <a class="button" href={href("timeline", [], { ns: namespace, key: docKey })}>
              History
            </a>
          )}
          {text !== undefined && <Copy text={text}>Copy value</Copy>}
          {content && <Download name={docKey} bytes={content.bytes} />}
        </div>
      </header>
      {at !== undefined && (
        <p class="banner">
          As it was at revision {at}. <a href={documentHref(namespace, docKey)}>Look at it now</a>
        </p>
      )}
      {missing ? (
        <p>
          There is no such document now.
          {may("history", namespace, docKey) && " What stood here before is in its history."}
        </p>
      ) : (
        <ErrorBox error={error} again={again} />
      )}
      {content === undefined ? (
        error === undefined && <Skeleton />
      ) : (
        <>
          <p class="facts small">
            <span>{content.mediaType}</span>
            <span>{bytesWords(content.bytes.length)}</span>
            <span>revision {content.revision}</span>
            {content.modified && <Moment at={content.modified} />}
          </p>
          <Value bytes={content.bytes} mediaType={content.mediaType} />
          {may("history", namespace, docKey) && (
            <LastChange namespace={namespace} docKey={docKey} revision={content.revision} />
          )}
          {isJsonText(content.mediaType) && <SchemaFacts namespace={namespace} docKey={docKey} />}
          {at === undefined && <LiveWhere namespace={namespace} revision={content.revision} />}
          <ReadingIt namespace={namespace} docKey={docKey} at={at} />
        </>
      )}
    </article>
  );
}

/** As the bytes are. */
function Download({ name, bytes }: { name: string; bytes: Uint8Array }) {
  const save = () =>
    saveFile(name.split("/").at(-1) || "document", Uint8Array.from(bytes), "application/octet-stream");
  return (
    <button type="button" class="quiet" onClick={save}>
      Download
    </button>
  );
}
