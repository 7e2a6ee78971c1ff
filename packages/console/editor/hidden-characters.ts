/** Characters that cannot be seen, or would turn a line around, by their numbers: as everywhere in the console. */
import { RangeSetBuilder } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  EditorView,
  ViewPlugin,
  type ViewUpdate,
  WidgetType,
} from "@codemirror/view";
import { HIDDEN, shownText } from "../parts/shown-text.ts";

class Spelt extends WidgetType {
  constructor(readonly character: string) {
    super();
  }
  override eq(other: Spelt): boolean {
    return other.character === this.character;
  }
  toDOM(): HTMLElement {
    const element = document.createElement("span");
    element.className = "hidden-character";
    element.textContent = shownText(this.character);
    return element;
  }
}

export const hiddenCharacters = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = spelt(view);
    }
    update({ docChanged, viewportChanged, view }: ViewUpdate) {
      if (docChanged || viewportChanged) this.decorations = spelt(view);
    }
  },
  {
    decorations: ({ decorations }) => decorations,
    // One step of the cursor goes over one.
    provide: (plugin) =>
      EditorView.atomicRanges.of((view) => view.plugin(plugin)?.decorations ?? Decoration.none),
  },
);

function spelt({ state, visibleRanges }: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (const { from, to } of visibleRanges)
    for (const { index, 0: character } of state.sliceDoc(from, to).matchAll(HIDDEN))
      builder.add(
        from + index,
        from + index + character.length,
        Decoration.replace({ widget: new Spelt(character) }),
      );
  return builder.finish();
}
