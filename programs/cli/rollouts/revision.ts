/** The revision that a channel is to point at: a number, or `head`, the newest. */
import { ListPage } from "../../../lib/api/document-answers.ts";
import { pathTo } from "../../../packages/client/path-to.ts";
import type { Client } from "../client.ts";
import { EXIT, Failure } from "../failure.ts";
import { wholeNumber } from "../whole-number.ts";

export async function resolveRevision(
  client: Client,
  namespace: string,
  text: string | undefined,
): Promise<number> {
  if (text === "head") {
    const query = { limit: 1 };
    const page = await client.json(ListPage, "GET", pathTo`/v1/list/${namespace}`, { query });
    return page.revision;
  }
  const revision = wholeNumber("--to", text, 1);
  if (revision === undefined)
    throw new Failure(EXIT.usage, "say where it is to point: --to REVISION, or --to head for the newest");
  return revision;
}
