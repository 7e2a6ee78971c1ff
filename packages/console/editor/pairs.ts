/** In JSON a bracket or a quotation mark comes with its other half, is written over when it is there, and goes with it. */
import { type EditorState, type Extension, Prec } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";

const PAIRS: Readonly<Record<string, string>> = { "{": "}", "[": "]", '"': '"' };
const CLOSING = Object.values(PAIRS);

const handler = EditorView.inputHandler.of((view, from, to, typed) => {
  const { state } = view;
  const close = PAIRS[typed];
  const next = state.sliceDoc(to, to + 1);
  if (from === to && CLOSING.includes(typed) && next === typed && isWrittenOver(state, to, typed)) {
    view.dispatch({ selection: { anchor: to + 1 }, userEvent: "input.type" });
    return true;
  }
  // Before a word somebody means the one half alone.
  if (close === undefined || from !== to || !/^[\s,:}\]]?$/.test(next) || isInText(state, from)) return false;
  view.dispatch({
    changes: { from, insert: typed + close },
    selection: { anchor: from + 1 },
    userEvent: "input.type",
  });
  return true;
});

const backspace = Prec.high(
  keymap.of([
    {
      key: "Backspace",
      run(view) {
        const { from, empty } = view.state.selection.main;
        const [open = "", close] = view.state.sliceDoc(Math.max(0, from - 1), from + 1);
        if (!empty || close === undefined || PAIRS[open] !== close) return false;
        view.dispatch({ changes: { from: from - 1, to: from + 1 }, userEvent: "delete.backward" });
        return true;
      },
    },
  ]),
);

export const jsonPairs: Extension = [handler, backspace];

/** A quotation mark only where it ends the text that one is in. */
function isWrittenOver(state: EditorState, at: number, typed: string): boolean {
  return typed !== '"' || isInText(state, at);
}

function isInText(state: EditorState, at: number): boolean {
  const { from } = state.doc.lineAt(at);
  const before = state.sliceDoc(Math.max(from, at - 2000), at);
  return (before.replace(/\\./g, "").match(/"/g) ?? []).length % 2 === 1;
}
