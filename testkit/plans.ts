/** Plans in tests: what a server says of a body, and the digest worked out by other means than the server's. */
import { createHash } from "node:crypto";
import type { PlanAnswer } from "../lib/api/plan-answer.ts";
import type { TestServer } from "./server.ts";

/** The plan of a body, by the root token or another one. Throws for another status than 200. */
export async function planOf(
  server: TestServer,
  json: unknown,
  token = server.rootToken,
): Promise<PlanAnswer> {
  const reply = await server.send("POST", "/v1/plan", { json, token });
  if (reply.status !== 200) throw new Error(reply.text);
  return JSON.parse(reply.text);
}

/** As docs/plans.md says it. `values` holds the bytes of each put, in order. */
export function digestOfPlan(
  { changes }: Pick<PlanAnswer, "changes">,
  values: readonly string[],
  rules = 0,
): string {
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const left = [...values];
  const lines = changes.map(({ op, namespace, key, mediaType = null, baseRevision, sizeAfter }) => {
    const hash = op === "put" ? sha256(left.shift() ?? "") : null;
    const size = op === "put" ? sizeAfter : 0;
    return `${JSON.stringify([op, namespace, key, mediaType, baseRevision, size, hash])}\n`;
  });
  return sha256(`${lines.join("")}${JSON.stringify(["rules", rules])}\n`);
}
