/** GET /v1/lineage: which history this is, and which it came from. Numbers are no secret, and grant nothing. */
import type { Lineage } from "../../lib/api/document-answers.ts";
import type { Input } from "../../lib/api/typed.ts";
import type { Context } from "../../lib/http/context.ts";
import { jsonReply } from "../../lib/http/reply.ts";
import type { Result } from "../../lib/http/result.ts";

export function getLineage(_input: Input<"readLineage">, { view }: Context): Result<Lineage> {
  const { lineage, head } = view;
  const lives = view.lives.map(({ parentRevision, ...life }) =>
    parentRevision === null ? life : { ...life, parentRevision },
  );
  return jsonReply(200, { lineage, head, lives });
}
