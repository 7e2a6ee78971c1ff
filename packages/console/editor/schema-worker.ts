/**
 * Judges JSON by a schema, and completes it, beside the page's own thread: an expression of a schema may take for ever, and then the
 * page ends this and goes on without. It tells early what the server would say; the server has the last word.
 */
import {
  type FlatText,
  type LibraryProblem,
  type ParsedJson,
  parse,
} from "vscode-json-languageservice/lib/esm/parser/jsonParser.js";
import {
  JSONCompletion,
  type LibraryItem,
} from "vscode-json-languageservice/lib/esm/services/jsonCompletion.js";
import type { Offer } from "./completing.ts";
import type { Fault } from "./faults.ts";
import { withoutReferences } from "./references.ts";
import type { SchemaAnswer, SchemaGiven, SchemaQuestion } from "./schema-messages.ts";

const ERROR = 1;
/** Of the library: JSON Schema 2020-12, whatever a schema says. */
const DRAFT = 20;
const FAULTS_MAX = 100;

let schema: unknown = {};
const completion = new JSONCompletion({ getSchemaForResource: async () => ({ schema, errors: [] }) });

addEventListener("message", ({ data }: MessageEvent<SchemaGiven | SchemaQuestion>) => {
  if ("schema" in data) schema = withoutReferences(data.schema ?? {});
  else void answer(data);
});

async function answer(question: SchemaQuestion): Promise<void> {
  const text = flat(question.text);
  const parsed = parse(text, { collectComments: true });
  const found: SchemaAnswer =
    question.asks === "faults"
      ? { id: question.id, faults: faultsIn(text, parsed) }
      : { id: question.id, offers: await offersAt(text, parsed, question.at) };
  postMessage(found);
}

function faultsIn(text: FlatText, parsed: ParsedJson): Fault[] {
  const unfit = parsed.validate(text, schema, ERROR, DRAFT) ?? [];
  const comments = parsed.comments.map((range) => ({ range, message: "JSON has no comments." }));
  return [
    ...faults([...parsed.syntaxErrors, ...comments], "value_malformed"),
    ...faults(unfit, "schema_violation"),
  ].slice(0, FAULTS_MAX);
}

function faults(problems: readonly LibraryProblem[], code: string): Fault[] {
  return problems.map(({ range, message }) => ({
    from: range.start.character,
    to: range.end.character,
    message,
    code,
  }));
}

async function offersAt(text: FlatText, parsed: ParsedJson, at: number): Promise<Offer[]> {
  const { items } = await completion.doComplete(text, { line: 0, character: at }, parsed);
  return items.flatMap((item) => offerOf(item, text.getText(), at) ?? []);
}

/** Undefined for what does not fit what is written already. */
function offerOf(
  { label, detail, documentation, textEdit }: LibraryItem,
  text: string,
  at: number,
): Offer | undefined {
  if (textEdit === undefined) return undefined;
  const from = textEdit.range.start.character;
  const written = text.slice(from, at).replace(/^"|"$/g, "").trim().toLowerCase();
  if (!label.replace(/^"/, "").toLowerCase().startsWith(written)) return undefined;
  const about = typeof documentation === "string" ? documentation : documentation?.value;
  return {
    label,
    about: about ?? detail,
    from,
    to: textEdit.range.end.character,
    ...plain(textEdit.newText),
  };
}

/** A snippet without its gaps (`${1:default}`, `$1`): the cursor goes to the end of the first. */
function plain(snippet: string): { insert: string; cursor: number } {
  let cursor: number | undefined;
  let insert = "";
  let from = 0;
  for (const { index, 0: gap, 1: content = "" } of snippet.matchAll(/\$\{\d+:?((?:\\.|[^}\\])*)\}|\$\d+/g)) {
    insert += snippet.slice(from, index) + content;
    from = index + gap.length;
    cursor ??= insert.length;
  }
  insert += snippet.slice(from);
  const bare = (text: string) => text.replace(/\\([$}\\])/g, "$1");
  return { insert: bare(insert), cursor: bare(insert.slice(0, cursor ?? insert.length)).length };
}

/** A text whose places are counted from its beginning, so that none has to be counted by lines and back. */
function flat(text: string): FlatText {
  return {
    uri: "ledge:document",
    languageId: "json",
    version: 1,
    getText: () => text,
    positionAt: (offset) => ({ line: 0, character: offset }),
    offsetAt: ({ character }) => character,
  };
}
