/**
 * Stands in for `@codemirror/language` when the console is bundled (build/console.ts). The commands of the editor ask it how
 * deep a line is, and what it knows of syntax trees. Ours has no trees, which saves 17 KB: lines say how deep they are.
 */
import { countColumn, type EditorState, Facet } from "@codemirror/state";

const STEP = 2;

export const indentUnit = Facet.define<string, string>({ combine: ([first]) => first ?? " ".repeat(STEP) });

export function getIndentUnit(state: EditorState): number {
  return state.facet(indentUnit).length;
}

export function indentString(_state: EditorState, columns: number): string {
  return " ".repeat(columns);
}

/** Of a new line that begins at `at`: as deep as the one before it, and a step more behind what opens something. */
export function getIndentation({ state }: IndentContext, at: number): number {
  const line = state.doc.lineAt(at);
  const before = line.text.slice(0, at - line.from);
  return depthOf(state, line.text) + (/[{[(:]\s*$/.test(before) ? STEP : 0);
}

export class IndentContext {
  constructor(readonly state: EditorState) {}

  /** Of the closing bracket, when a line is broken between two. */
  lineIndent(at: number): number {
    return depthOf(this.state, this.state.doc.lineAt(at).text);
  }
}

export function syntaxTree() {
  return TREE;
}

export function matchBrackets() {
  return null;
}

function depthOf({ tabSize }: EditorState, text: string): number {
  return countColumn(/^\s*/.exec(text)?.[0] ?? "", tabSize);
}

const NODE = { childBefore: () => null, childAfter: () => null, from: 0, to: 0, parent: null };
const TREE = { resolveInner: () => NODE, resolveStack: () => ({ node: NODE, next: null }) };
