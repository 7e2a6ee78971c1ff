/** Editing one document: the text, what it changes, what is wrong with it, and the way to the plan. */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { documentHref, folderHref, go, href } from "../../app/router.ts";
import { isOpen } from "../../app/standing.ts";
import { PlanDialog, type Refused } from "../../changes/plan-dialog.tsx";
import { mayForAll } from "../../changes/planning.ts";
import { type Work, workOf } from "../../changes/work.ts";
import { CodeEditor } from "../../editor/code-editor.tsx";
import { closeText, halfCharacterIn, sameBytes } from "../../editor/document-text.ts";
import type { Fault } from "../../editor/faults.ts";
import { kindOf } from "../../editor/kinds.ts";
import type { Editor } from "../../editor/mount.ts";
import { useSchema } from "../../editor/use-schema.ts";
import { bytesWords } from "../../parts/amount.ts";
import { Patch } from "../../parts/patch.tsx";
import { shownName } from "../../parts/shown-text.ts";
import { FaultsList } from "./faults-list.tsx";
import { openConflicts } from "./merge.ts";
import type { Base, OpenedText } from "./opened.ts";
import { faultsOf } from "./server-faults.ts";
import { StaleBanner } from "./stale-banner.tsx";
import { useDraft } from "./use-draft.ts";
import { useLater } from "./use-later.ts";

interface Props {
  readonly namespace: string;
  readonly docKey: string;
  readonly opened: OpenedText;
}

const PATCH_PAUSE_MS = 200;
const FAULTS_PAUSE_MS = 300;

export function Workbench({ namespace, docKey, opened }: Props) {
  const name = useMemo(() => ({ namespace, key: docKey }), [namespace, docKey]);
  const { mediaType, form } = opened.start;
  const kind = kindOf(mediaType, docKey);
  const [text, setText] = useState(opened.start.text);
  const [base, setBase] = useState<Base>(opened.base);
  const [refused, setRefused] = useState<{ text: string; causes: readonly Refused[] }>();
  const [planning, setPlanning] = useState<Work>();
  const [comparing, setComparing] = useState(0);
  const editor = useRef<Editor>(null);
  const bytesOf = (of: string) => closeText({ text: of, form }, { mediaType, original: base.bytes });
  const isChanged = (bytes: Uint8Array) =>
    base.bytes === undefined || base.mediaType !== mediaType || !sameBytes(bytes, base.bytes);

  const later = useLater(text, PATCH_PAUSE_MS);
  const before = useMemo(
    () => (base.bytes === undefined ? undefined : { bytes: base.bytes, mediaType: base.mediaType }),
    [base],
  );
  const after = useMemo(() => ({ bytes: bytesOf(later), mediaType }), [later, base]);
  const changed = isChanged(after.bytes);

  const draft = useDraft(
    name,
    text === base.text && base.mediaType === mediaType
      ? undefined
      : {
          ...name,
          op: "put",
          base: base.revision,
          mediaType,
          text,
          form,
          baseText: base.text,
          saved: new Date().toISOString(),
        },
  );

  const schema = useSchema({ ...name, kind, text: useLater(text, FAULTS_PAUSE_MS) });
  const told = useMemo(
    () => (refused?.text === later ? faultsOf(refused.causes, later, kind) : []),
    [later, refused, kind],
  );
  const faults = useMemo(
    () => [
      ...openConflicts(later).map((from) => ({
        from,
        to: later.indexOf("\n", from) < 0 ? later.length : later.indexOf("\n", from),
        message: "Choose what stays, and take the marks away.",
        code: "conflict",
      })),
      ...halfCharacters(later),
      ...withoutTwins(schema.faults, told),
      ...told,
    ],
    [later, schema.faults, told],
  );

  const plan = () => {
    const now = editor.current?.text() ?? text;
    const bytes = bytesOf(now);
    if (isBlocked(now) || !isChanged(bytes)) return;
    setText(now);
    setPlanning(workOf([{ ...name, op: "put", ifRevision: base.revision, before, mediaType, bytes }]));
  };
  const leave = () => go(base.revision === 0 ? folderHref(namespace) : documentHref(namespace, docKey));
  useKeysOf({ plan, leave });
  const noteRefused = useCallback(
    (causes: readonly Refused[]) => setRefused({ text: editor.current?.text() ?? text, causes }),
    [text],
  );
  const discard = () => {
    draft.end();
    leave();
  };
  const take = (merged: { text: string; base: Base }) => {
    setBase(merged.base);
    editor.current?.replace(merged.text);
    setRefused(undefined);
    editor.current?.focus();
  };
  const editable = opened.start.text !== "" || base.bytes === undefined || base.text !== undefined;
  if (!editable)
    return (
      <section class="empty">
        <h1>{shownName(docKey)}</h1>
        <p>These bytes are no text, so no editor can show them. Put another file in their place with:</p>
        <code>ledge put {shownName(`${namespace}/${docKey}`)} --file FILE</code>
      </section>
    );
  const writes = mayForAll("write", [name]);
  return (
    <article class="workbench">
      <header>
        <h1>
          <span class="soft">{namespace}/</span>
          {shownName(docKey)}
        </h1>
        <p class="facts small">
          <span>{mediaType}</span>
          <span>{base.revision === 0 ? "new" : `made on revision ${base.revision}`}</span>
          <span>{bytesWords(after.bytes.length)}</span>
          {form.oneLine && <span>stored on one line, laid out here</span>}
          {form.crlf && <span>lines end in CR LF</span>}
        </p>
      </header>
      {opened.draft !== undefined && (
        <p class="soft small" role="status">
          This is your draft of {new Date(opened.draft.saved).toLocaleString()}.
        </p>
      )}
      <StaleBanner
        key={comparing}
        name={name}
        base={base}
        mine={() => editor.current?.text() ?? text}
        take={take}
        open={comparing > 0}
      />
      <div class="bench">
        <div class="bench-text">
          <CodeEditor
            text={opened.start.text}
            kind={kind}
            label={`Text of ${namespace}/${docKey}`}
            faults={faults}
            changed={setText}
            complete={schema.complete}
            editor={editor}
          />
          <FaultsList faults={faults} text={later} goTo={(at) => editor.current?.goTo(at)} />
        </div>
        <div class="bench-diff">
          {changed ? (
            <Patch name={`${namespace}/${docKey}`} before={before} after={after} />
          ) : (
            <p class="soft">Nothing is changed yet.</p>
          )}
        </div>
      </div>
      <footer class="bench-bar">
        <button
          type="button"
          class="main"
          disabled={!changed || isBlocked(later) || !isOpen()}
          onClick={plan}
          title="Ctrl S"
        >
          {writes || !isOpen() ? "Plan and save" : "Plan and propose"}
        </button>
        <button type="button" onClick={leave}>
          {changed ? "Leave it as a draft" : "Close"}
        </button>
        {changed && (
          <button type="button" class="danger" onClick={discard}>
            Discard
          </button>
        )}
        {changed && <a href={href("changes")}>All changes that are not saved</a>}
        {draft.kept || (
          <strong role="alert">This browser has no room for the draft: it is lost with the page.</strong>
        )}
      </footer>
      {planning !== undefined && (
        <PlanDialog
          work={planning}
          close={() => {
            setPlanning(undefined);
            editor.current?.focus();
          }}
          done={() => {
            draft.end();
            go(documentHref(namespace, docKey));
          }}
          refused={noteRefused}
          merge={() => {
            setPlanning(undefined);
            setComparing((nth) => nth + 1);
          }}
        />
      )}
    </article>
  );
}

/** What would be saved as something else than it is here. */
function isBlocked(text: string): boolean {
  return openConflicts(text).length > 0 || halfCharacterIn(text) !== undefined;
}

function halfCharacters(text: string): Fault[] {
  const from = halfCharacterIn(text);
  const message = "Half of a character stands here, which cannot be saved. Take it away.";
  return from === undefined ? [] : [{ from, to: from + 1, message, code: "half_character" }];
}

/** What the server says of a place, too, is said once, by the server. */
function withoutTwins(own: readonly Fault[], told: readonly Fault[]): Fault[] {
  return own.filter((one) => !told.some(({ from, code }) => from === one.from && code === one.code));
}

/** Ctrl-S goes on to the plan, wherever the focus is; Escape leaves, with the draft kept. */
function useKeysOf({ plan, leave }: { plan: () => void; leave: () => void }): void {
  const current = useRef({ plan, leave });
  current.current = { plan, leave };
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const inDialog = document.querySelector("dialog[open]") !== null;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
        event.preventDefault();
        if (!inDialog) current.current.plan();
      } else if (event.key === "Escape" && !event.defaultPrevented && !inDialog) current.current.leave();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}
