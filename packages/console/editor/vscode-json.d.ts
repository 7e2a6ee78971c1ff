/** The parts of vscode-json-languageservice that are used; the package types only the whole. */
declare module "vscode-json-languageservice/lib/esm/parser/jsonParser.js" {
  interface Place {
    readonly character: number;
  }
  export interface LibraryRange {
    readonly start: Place;
    readonly end: Place;
  }
  export interface LibraryProblem {
    readonly range: LibraryRange;
    readonly message: string;
  }
  export interface FlatText {
    readonly uri: string;
    readonly languageId: string;
    readonly version: number;
    getText(): string;
    positionAt(offset: number): { line: number; character: number };
    offsetAt(place: Place): number;
  }
  export interface ParsedJson {
    readonly syntaxErrors: readonly LibraryProblem[];
    readonly comments: readonly LibraryRange[];
    validate(
      text: FlatText,
      schema: unknown,
      severity: number,
      draft: number,
    ): readonly LibraryProblem[] | undefined;
  }
  export function parse(text: FlatText, config: { collectComments: boolean }): ParsedJson;
}
declare module "vscode-json-languageservice/lib/esm/services/jsonCompletion.js" {
  import type {
    FlatText,
    LibraryRange,
    ParsedJson,
  } from "vscode-json-languageservice/lib/esm/parser/jsonParser.js";
  export interface LibraryItem {
    readonly label: string;
    readonly detail?: string;
    readonly documentation?: string | { readonly value: string };
    readonly filterText?: string;
    readonly textEdit?: { readonly range: LibraryRange; readonly newText: string };
  }
  export class JSONCompletion {
    constructor(schemas: {
      getSchemaForResource: () => Promise<{ readonly schema: unknown; readonly errors: readonly unknown[] }>;
    });
    doComplete(
      text: FlatText,
      place: { line: number; character: number },
      parsed: ParsedJson,
    ): Promise<{ readonly items: readonly LibraryItem[] }>;
  }
}
