/**
 * Stands in for `vscode-languageserver-types` in the worker that judges by schemas (build/console.ts): of some thirty types
 * with their guards the few that are used there. Places are counted from the beginning of the text, as `character`.
 */
interface Place {
  readonly line: number;
  readonly character: number;
}

interface Stretch {
  readonly start: Place;
  readonly end: Place;
}

const stretch = { create: (start: Place, end: Place): Stretch => ({ start, end }) };
const diagnostic = {
  create: (range: Stretch, message: string, severity: number, code: number) => ({
    range,
    message,
    severity,
    code,
  }),
};
const edit = {
  replace: (range: Stretch, newText: string) => ({ range, newText }),
  insert: (at: Place, newText: string) => ({ range: { start: at, end: at }, newText }),
};
const none: readonly undefined[] = [];

export { diagnostic as Diagnostic, edit as TextEdit, stretch as Range };

const item = { create: (label: string) => ({ label }) };

export { item as CompletionItem };
export const DiagnosticSeverity = { Error: 1, Warning: 2, Information: 3, Hint: 4 };
export const CompletionItemKind = {
  Property: 10,
  Value: 12,
  Enum: 13,
  Snippet: 15,
  Color: 16,
  EnumMember: 20,
  Module: 9,
};
export const InsertTextFormat = { PlainText: 1, Snippet: 2 };
export const MarkupKind = { PlainText: "plaintext", Markdown: "markdown" };
/** Named by the library, and used in nothing that stays. */
export const [
  CodeAction,
  CodeActionContext,
  CodeActionKind,
  Color,
  ColorInformation,
  ColorPresentation,
  Command,
  CompletionItemTag,
  CompletionList,
  DocumentHighlight,
  DocumentHighlightKind,
  DocumentLink,
  DocumentSymbol,
  DocumentUri,
  FoldingRange,
  FoldingRangeKind,
  Hover,
  Location,
  MarkedString,
  MarkupContent,
  Position,
  SelectionRange,
  SymbolInformation,
  SymbolKind,
  TextDocumentEdit,
  VersionedTextDocumentIdentifier,
  WorkspaceEdit,
] = none;
