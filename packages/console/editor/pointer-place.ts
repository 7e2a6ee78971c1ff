/** Where in a text a JSON pointer points. */
import { findNodeAtLocation, parseTree } from "jsonc-parser";
import type { TextKind } from "./kinds.ts";

export interface StretchOfText {
  readonly from: number;
  readonly to: number;
}

/** Undefined where it cannot be found. A member that is missing is sought in what should hold it. */
export function placeInText(text: string, pointer: string, kind: TextKind): StretchOfText | undefined {
  const segments = pointer
    .split("/")
    .slice(1)
    .map((one) => one.replaceAll("~1", "/").replaceAll("~0", "~"));
  return kind === "json" ? placeInJson(text, segments) : placeInLines(text, segments);
}

function placeInJson(text: string, segments: readonly string[]): StretchOfText | undefined {
  const tree = parseTree(text);
  if (tree === undefined) return undefined;
  for (let count = segments.length; count >= 0; count -= 1) {
    const node = findNodeAtLocation(tree, pathIn(tree, segments.slice(0, count)));
    if (node === undefined) continue;
    // Of an object or a list its first character: a mark under all of it would hide the others.
    const whole = node.type !== "object" && node.type !== "array";
    return { from: node.offset, to: whole ? node.offset + node.length : node.offset + 1 };
  }
  return undefined;
}

/** In a list a segment is a number. */
function pathIn(tree: NonNullable<ReturnType<typeof parseTree>>, segments: readonly string[]) {
  const path: (string | number)[] = [];
  for (const segment of segments) {
    const node = findNodeAtLocation(tree, path);
    path.push(node?.type === "array" ? Number(segment) : segment);
  }
  return path;
}

/** YAML, TOML and the like: each name after the one before it, at the beginning of a line. */
function placeInLines(text: string, segments: readonly string[]): StretchOfText | undefined {
  let found: StretchOfText | undefined;
  let start = 0;
  for (const segment of segments) {
    const name = segment.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const match = new RegExp(`^[ \\t[-]*["']?(${name})["']?\\s*[:=\\].]`, "m").exec(text.slice(start));
    if (match === null) continue;
    const from = start + match.index + match[0].indexOf(match[1] ?? "");
    found = { from, to: from + segment.length };
    start = found.to;
  }
  return found;
}
