/**
 * YAML 1.2 as a value. The library's own way from nodes to values follows each alias through the whole document, and finds
 * a repeated name by comparing each with each; this one goes through the nodes once. An alias is the value of its
 * anchor, shared, so a text that grows by aliases is counted where it is judged.
 */
import { Composer, type Document, isAlias, isMap, isScalar, isSeq, Lexer, type Node, Parser } from "yaml";
import { JSON_DEPTH_MAX } from "../core/json-depth.ts";
import { spend } from "./count.ts";
import { below, objectOf, scalarOf } from "./plain.ts";

/** Tokens that stand open for one level: a collection, and the item that it is in. */
const TOKENS_A_LEVEL = 2;

/** Throws, saying why, where the text is none. */
export function yamlValue(text: string): unknown {
  const composer = new Composer({ uniqueKeys: false, logLevel: "silent" });
  // Its types hide it.
  Reflect.set(composer, "onError", firstError);
  const documents = [...composer.compose(tokensOf(text), true, text.length)];
  const [document, ...others] = documents;
  if (document === undefined || others.length > 0) throw new Error("A document holds one YAML document.");
  const [error] = document.errors;
  if (error !== undefined) throw error;
  const { explicit, version } = document.directives?.yaml ?? {};
  if (explicit === true && version !== "1.2") throw new Error("YAML is read as version 1.2.");
  return plainValue(document.contents, 0, new Map());
}

/** The library would go on, and collect an error or a warning for each character of some texts. */
function firstError(_: unknown, __: string, message: string, warning?: boolean): void {
  if (warning !== true) throw new Error(message);
}

function* tokensOf(text: string) {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    spend(1);
    if (parser.stack.length > TOKENS_A_LEVEL * (JSON_DEPTH_MAX + 1))
      throw new Error(`It nests deeper than ${JSON_DEPTH_MAX}.`);
    yield* parser.next(lexeme);
  }
  yield* parser.end();
}

type Anchors = Map<string, unknown>;

function plainValue(
  node: Document.Parsed["contents"] | Node | null | unknown,
  level: number,
  anchors: Anchors,
): unknown {
  spend(1);
  if (isAlias(node)) return aliased(node.source, anchors);
  if (isScalar(node)) return kept(node.anchor, scalarOf(node.value), anchors);
  if (!isSeq(node) && !isMap(node)) return null;
  const next = below(level);
  if (isSeq(node))
    return kept(
      node.anchor,
      node.items.map((item) => plainValue(item, next, anchors)),
      anchors,
    );
  const members = node.items.map(
    ({ key, value }) => [nameOf(key, next, anchors), plainValue(value, next, anchors)] as const,
  );
  return kept(node.anchor, objectOf(members), anchors);
}

function kept(anchor: string | undefined, value: unknown, anchors: Anchors): unknown {
  if (anchor !== undefined) anchors.set(anchor, value);
  return value;
}

function aliased(name: string, anchors: Anchors): unknown {
  if (!anchors.has(name)) throw new Error(`*${name.slice(0, 100)} has no anchor before it.`);
  return anchors.get(name);
}

function nameOf(key: unknown, level: number, anchors: Anchors): string {
  const value = plainValue(key, level, anchors);
  if (typeof value === "object" && value !== null) throw new Error("A name is no list and no map.");
  return String(value);
}
