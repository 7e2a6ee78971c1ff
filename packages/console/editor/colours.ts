/**
 * Colours of what is in sight, by one expression for each kind of text. A line is looked at by itself, so a text over several
 * lines may have other colours than it should; nothing but colours depends on it.
 */
import { type EditorState, type Extension, RangeSetBuilder } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  ViewPlugin,
  type ViewUpdate,
} from "@codemirror/view";
import type { TextKind } from "./kinds.ts";

/** Groups: a member's name, a text, a number, a word of the language, a comment. */
const GROUPS = ["m", "s", "n", "w", "c"] as const;
const NUMBER = String.raw`(?<![\w.-])[-+]?\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.-])`;
const QUOTED = String.raw`"(?:\\.|[^"\\\n])*"?|'[^'\n]*'?`;
const TOKENS: Readonly<Record<TextKind, RegExp | undefined>> = {
  json: new RegExp(
    String.raw`(?<m>"(?:\\.|[^"\\\n])*"(?=\s*:))|(?<s>"(?:\\.|[^"\\\n])*"?)|(?<n>${NUMBER})|(?<w>\b(?:true|false|null)\b)|(?<c>(?!))`,
    "g",
  ),
  yaml: new RegExp(
    String.raw`(?<c>(?:^|\s)#.*)|(?<m>(?:(?<=^[\s-]*)|(?<=[{,]\s*))(?:"[^"]*"|'[^']*'|[\w./@$-]+)(?=\s*:(?:\s|$)))|(?<s>${QUOTED})|(?<n>${NUMBER})|(?<w>(?<=[:,[-]\s*)(?:true|false|null|~)(?=\s*(?:$|[,#\]}]))|^(?:---|\.\.\.)$)`,
    "gm",
  ),
  toml: new RegExp(
    String.raw`(?<c>#.*)|(?<m>^\s*(?:[\w."'-]+\s*(?==)|\[.*\]))|(?<s>${QUOTED})|(?<n>${NUMBER})|(?<w>\b(?:true|false)\b)`,
    "gm",
  ),
  properties: /(?<c>^\s*[#!;].*)|(?<m>^\s*[^=:\s]+(?=\s*[=:])|^\[.*\])|(?<s>(?!))|(?<n>(?!))|(?<w>(?!))/gm,
  text: undefined,
};

const MARKS = Object.fromEntries(GROUPS.map((name) => [name, Decoration.mark({ class: `t-${name}` })]));

/** What is in sight of one very long line is looked at as far as this. */
const LOOKED_MAX = 20_000;

export function coloursOf(kind: TextKind): Extension {
  const pattern = TOKENS[kind];
  return pattern === undefined ? [] : coloured(pattern);
}

function coloured(pattern: RegExp): Extension {
  return ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;
      constructor(view: EditorView) {
        this.decorations = decorate(view, pattern);
      }
      update({ docChanged, viewportChanged, view }: ViewUpdate) {
        if (docChanged || viewportChanged) this.decorations = decorate(view, pattern);
      }
    },
    { decorations: ({ decorations }) => decorations },
  );
}

function decorate({ state, visibleRanges }: EditorView, pattern: RegExp): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (const range of visibleRanges) addTokens(builder, { state, pattern, ...range });
  return builder.finish();
}

function addTokens(
  builder: RangeSetBuilder<Decoration>,
  { state, pattern, from, to }: { state: EditorState; pattern: RegExp; from: number; to: number },
): void {
  // From the beginning of the line, so that a text that begins out of sight is one, unless that is far away.
  const start = Math.max(state.doc.lineAt(from).from, from - LOOKED_MAX);
  const text = state.sliceDoc(start, Math.min(to, from + LOOKED_MAX));
  for (const { index, 0: found, groups = {} } of text.matchAll(pattern)) {
    const name = GROUPS.find((one) => groups[one] !== undefined);
    if (name !== undefined && found !== "" && start + index + found.length > from)
      builder.add(start + index, start + index + found.length, MARKS[name] ?? Decoration.mark({}));
  }
}
