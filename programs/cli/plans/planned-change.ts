/** One change of a server's plan as people see it: its line, and its patch against what stands there now. */
import type { PlanAnswer } from "../../../lib/api/plan-answer.ts";
import { decodeUtf8 } from "../../../lib/core/utf8.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client } from "../client.ts";
import { formatBytes } from "../output.ts";
import { printChange, printPatch, readable, type Side } from "../patch.ts";

type Planned = PlanAnswer["changes"][number];

/** `after` is the text that would stand there; undefined for bytes that are none. */
export async function printPlanned(
  client: Client,
  planned: Planned,
  after: string | undefined,
): Promise<void> {
  printPlannedLine(planned);
  const { namespace, key, baseRevision, result, mediaType = "" } = planned;
  const name = `${namespace}/${key}`;
  const before = baseRevision === 0 ? null : await textAt(client, planned);
  printPatch(
    before === null ? null : { name, text: before.text },
    result === "deleted"
      ? null
      : { name, text: after === undefined ? undefined : readable(after, mediaType) },
  );
}

/** The line alone. */
export function printPlannedLine({ namespace, key, result, sizeBefore, sizeAfter }: Planned): void {
  const kind = ({ created: "create", deleted: "delete" } as const)[result as string] ?? "change";
  const [was, is] = [formatBytes(sizeBefore), formatBytes(sizeAfter)];
  printChange(
    kind,
    `${namespace}/${key}`,
    kind === "create" ? is : kind === "delete" || was === is ? was : `${was} → ${is}`,
  );
}

/** What stands there, or stood there at a revision, as a patch shows it. */
export async function textAt(
  client: Client,
  { namespace, key }: Pick<Planned, "namespace" | "key">,
  revision?: number,
): Promise<NonNullable<Side>> {
  const { headers, bytes } = await client.request("GET", pathTo`/v1/read/${namespace}`, {
    query: { key, revision },
  });
  const text = decodeUtf8(bytes);
  const type = headers.get("content-type") ?? "";
  return { name: `${namespace}/${key}`, text: text === undefined ? undefined : readable(text, type) };
}
