/** The number of each line in sight, before it. By an attribute and a style, which is a sixth of what the library's gutters weigh. */
import { type Extension, RangeSetBuilder } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, ViewPlugin, type ViewUpdate } from "@codemirror/view";

const numbers = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = numbered(view);
    }
    update({ docChanged, viewportChanged, view }: ViewUpdate) {
      if (docChanged || viewportChanged) this.decorations = numbered(view);
    }
  },
  { decorations: ({ decorations }) => decorations },
);

/** As wide as the last number. */
const width = EditorView.contentAttributes.of(({ state }) => ({
  style: `--digits: ${Math.max(2, String(state.doc.lines).length)}`,
}));

export const lineNumbered: Extension = [numbers, width];

function numbered({ state: { doc }, viewport }: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (let at = viewport.from; at <= viewport.to; ) {
    const { number, from, to } = doc.lineAt(at);
    builder.add(from, from, Decoration.line({ attributes: { "data-line": String(number) } }));
    at = to + 1;
  }
  return builder.finish();
}
