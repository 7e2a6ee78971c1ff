/** The lines that the live store would write into an object that lies in the bucket: what the object is compared with. */
import { textOf } from "../../bucket/bytes.ts";
import type { BaseIndex, BasePart, SegmentObject } from "../../snapshot/schemas.ts";
import { type EntryPlace, listCommitJson } from "../../store/documents/export-pages.ts";
import type { Db } from "../../store/sqlite/driver.ts";
import { documentLines } from "../export/base-parts.ts";
import { readLiveLines } from "../export/segment.ts";

/** The lines of a segment, or of its tokens, written in this format. */
export function liveSegmentText(db: Db, object: SegmentObject, format: number): string | undefined {
  const text = textOf(readLiveLines(db, object));
  return object.kind === "auth" || text === undefined ? text : inFormat(text, format);
}

/** The lines of a part of a base. `lines` are those that it holds: its ends are theirs; `after` ends the part before. */
export function livePartText(
  db: Db,
  { kind }: Pick<BasePart, "kind">,
  { index, lines, after }: { index: BaseIndex; lines: readonly string[]; after: number },
): string | undefined {
  const [first, last] = [placeOf(lines[0]), placeOf(lines.at(-1))];
  if (first === undefined || last === undefined) return undefined;
  if (kind !== "commits")
    return documentLines(db, { first, last, upTo: index.revision, auth: kind === "auth" });
  const commits = listCommitJson(db, { after, upTo: last.revision });
  return inFormat(commits.map(({ json }) => json).join("\n"), index.format);
}

/** Which revision a line of commits is about, and which document a line of changes. */
export function placeOf(line: string | undefined): EntryPlace | undefined {
  if (line === undefined) return undefined;
  const { namespace = "", key = "", revision } = JSON.parse(line);
  return { namespace: String(namespace), key: String(key), revision: Number(revision) };
}

/** Commits of format 1 do not say what they named without changing it. */
function inFormat(text: string, format: number): string {
  if (format > 1 || text === "") return text;
  return text
    .split("\n")
    .map((line) => {
      const { rest: _, ...commit } = JSON.parse(line);
      return JSON.stringify(commit);
    })
    .join("\n");
}
