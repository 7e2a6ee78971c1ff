/** `--if`: what a write replaces, and what is there when that does not hold. */
import { parseTagList } from "../../../lib/core/conditions.ts";
import { parseEtag } from "../../../lib/core/revision.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import { shellWord } from "../called.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { formatBytes } from "../output.ts";
import { IF_TAKES } from "../server/problem.ts";
import { type DocumentName, formatTarget } from "../target.ts";

/** The headers for `--if`; `any` as a header means that something has to be there. */
export function conditionHeaders(text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  if (text === "any") return { "if-match": "*" };
  if (text === "absent") return { "if-none-match": "*" };
  const tags = text.startsWith('"') || text.startsWith("W/") ? text : `"${text}"`;
  const list = parseTagList("--if", tags);
  const ours = list.ok && list.value !== "*" && list.value.every(({ tag }) => parseEtag(tag) !== undefined);
  if (!ours)
    throw new Failure(EXIT.usage, IF_TAKES, { hint: "`ledge get NAMESPACE/KEY -o json` shows the ETag" });
  return { "if-match": tags };
}

/** The headers for `--if` of a delete, which `absent` says nothing to. */
export function deleteHeaders(text: string | undefined): Record<string, string> {
  if (text === "absent")
    throw new Failure(EXIT.usage, "--if of a delete takes an ETag, or `any` for whatever is there");
  return conditionHeaders(text);
}

/**
 * A write that was refused for what is there: says what that is, and how to go on. `verb` is what was to be done,
 * `ifAbsent` the advice where nothing is there. Always throws.
 */
export async function explainWrite(
  error: unknown,
  {
    client,
    target,
    verb,
    ifAbsent,
  }: {
    readonly client: Client;
    readonly target: DocumentName;
    readonly verb: "replace" | "delete";
    readonly ifAbsent?: string;
  },
): Promise<never> {
  if (!(error instanceof Failure)) throw error;
  const { exit, code = "" } = error;
  if (!["precondition_required", "exists", "stale"].includes(code)) throw error;
  const there = await findDocument(client, target);
  const name = formatTarget(target);
  const unnamed = `${name} was not deleted: --if says what is deleted, and was left out`;
  const isUnnamedDelete = verb === "delete" && code === "precondition_required";
  if (there === "unknown")
    throw isUnnamedDelete
      ? new Failure(exit, unnamed, {
          code,
          hint: "name it with --if ETAG, or say --if any for whatever is there",
        })
      : error;
  if (there === "absent") throw new Failure(exit, `there is no ${name}`, { code, hint: ifAbsent });
  const { etag, facts } = there;
  const message = code === "stale" ? `${name} is not what --if names` : `${name} is there already`;
  throw new Failure(exit, isUnnamedDelete ? `${unnamed}. There is: ${facts}` : `${message}: ${facts}`, {
    code,
    hint: `to ${verb} just that: --if '${etag}'; whatever is there: --if any; to see it: \`ledge get ${shellWord(name)}\``,
  });
}

/** What is there, without its bytes. A token that may not read is told nothing. */
export async function findDocument(
  client: Client,
  { namespace, key }: DocumentName,
): Promise<{ readonly etag: string; readonly facts: string } | "absent" | "unknown"> {
  try {
    const { headers } = await client.request("HEAD", pathTo`/v1/read/${namespace}`, { query: { key } });
    const size = formatBytes(Number(headers.get("content-length") ?? 0));
    const revision = headers.get("ledge-document-revision") ?? "";
    const facts = `revision ${revision}, ${size}, ${headers.get("content-type")}, of ${headers.get("ledge-modified")}`;
    return { etag: headers.get("etag") ?? "", facts };
  } catch (error) {
    // Looking is a courtesy: whatever stops it, the refusal itself is told.
    return error instanceof Failure && error.exit === EXIT.absent ? "absent" : "unknown";
  }
}
