/**
 * The editor itself: CodeMirror in a shadow root, where its styles are adopted sheets, which the page's Content-Security-Policy
 * allows. Promise: characters stay as they are. Only `\n` ends a line, so that a `\r` is seen and kept.
 */
import { history } from "@codemirror/commands";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { coloursOf } from "./colours.ts";
import { type CompletionSource, completing } from "./completing.ts";
import { NEW_JSON } from "./document-text.ts";
import { type Fault, faultMarks, showFaults } from "./faults.ts";
import { hiddenCharacters } from "./hidden-characters.ts";
import { KEYS } from "./keys.ts";
import type { TextKind } from "./kinds.ts";
import { lineNumbered } from "./line-numbers.ts";
import { jsonPairs } from "./pairs.ts";
import { theme } from "./theme.ts";

export interface MountOptions {
  readonly text: string;
  readonly kind: TextKind;
  /** For screen readers. */
  readonly label: string;
  readonly changed: (text: string) => void;
  readonly complete: CompletionSource;
}

export interface Editor {
  readonly focus: () => void;
  readonly text: () => string;
  /** As one step that can be undone. */
  readonly replace: (text: string) => void;
  readonly setFaults: (faults: readonly Fault[]) => void;
  readonly goTo: (at: number) => void;
  readonly destroy: () => void;
}

export function mountEditor(
  root: ShadowRoot,
  { text, kind, label, changed, complete }: MountOptions,
): Editor {
  const view: EditorView = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      selection: { anchor: text === NEW_JSON.text ? NEW_JSON.cursor : 0 },
      extensions: [
        EditorState.lineSeparator.of("\n"),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", translate: "no" }),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged) changed(state.sliceDoc());
        }),
        EditorView.domEventHandlers({ beforeinput: writtenOverLines }),
        lineNumbered,
        hiddenCharacters,
        history(),
        completing(complete),
        faultMarks,
        coloursOf(kind),
        kind === "json" ? jsonPairs : [],
        keymap.of(KEYS),
        theme,
      ],
    }),
  });
  return {
    focus: () => view.focus(),
    text: () => view.state.sliceDoc(),
    replace(next) {
      if (next !== view.state.sliceDoc())
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
    },
    setFaults: (faults) => showFaults(view, faults),
    goTo(at) {
      view.dispatch({ selection: { anchor: Math.min(at, view.state.doc.length) }, scrollIntoView: true });
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}

/**
 * A browser that writes over several lines by itself leaves a style at what it joins, which the page's Content-Security-Policy
 * refuses with a report. So it is done here.
 */
function writtenOverLines({ inputType, data }: InputEvent, view: EditorView): boolean {
  const { state } = view;
  const { from, to } = state.selection.main;
  if (inputType !== "insertText" || data === null || view.composing || to <= state.doc.lineAt(from).to)
    return false;
  view.dispatch({ ...state.replaceSelection(data), userEvent: "input.type", scrollIntoView: true });
  return true;
}
