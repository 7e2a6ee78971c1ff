/** Faults at their places: a mark under the text, and a bar beside the line. F8 goes from one to the next. */
import { type Extension, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, keymap } from "@codemirror/view";

export interface Fault {
  /** Characters from the beginning; undefined where nobody knows the place. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly message: string;
  readonly code?: string | undefined;
}

const setFaults = StateEffect.define<readonly Fault[]>();

const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(before, { effects, changes, state }) {
    let now = before.map(changes);
    for (const effect of effects) if (effect.is(setFaults)) now = marksOf(effect.value, state.doc);
    return now;
  },
  provide: (field) => EditorView.decorations.from(field),
});

export function showFaults(view: EditorView, faults: readonly Fault[]): void {
  view.dispatch({ effects: setFaults.of(faults) });
}

export const faultMarks: Extension = [
  marks,
  keymap.of([
    { key: "F8", run: (view) => goToFault(view, 1) },
    { key: "Shift-F8", run: (view) => goToFault(view, -1) },
  ]),
];

function marksOf(faults: readonly Fault[], doc: EditorView["state"]["doc"]): DecorationSet {
  const ranges = faults.flatMap(({ from, to = from, message }) => {
    if (from === undefined || to === undefined || from > doc.length) return [];
    const line = doc.lineAt(from);
    // A place without a length is shown as the character before or behind it.
    const end = Math.min(doc.length, Math.max(to, from + 1));
    const start = end > from ? from : Math.max(0, from - 1);
    const bar = Decoration.line({ class: "fault-line" }).range(line.from);
    if (end <= start) return [bar];
    return [bar, Decoration.mark({ class: "fault", attributes: { title: message } }).range(start, end)];
  });
  return Decoration.set(ranges, true);
}

function goToFault(view: EditorView, step: 1 | -1): boolean {
  const { from } = view.state.selection.main;
  const places: number[] = [];
  view.state.field(marks).between(0, view.state.doc.length, (start, end) => {
    if (end > start) places.push(start);
  });
  const ordered = step > 0 ? places : places.toReversed();
  const next = ordered.find((at) => (step > 0 ? at > from : at < from)) ?? ordered[0];
  if (next === undefined) return false;
  view.dispatch({ selection: { anchor: next }, scrollIntoView: true });
  return true;
}
