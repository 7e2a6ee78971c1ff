/** GET /openapi.json: the description of the interface, made from the wire schemas when the component is built. */
import { parseQuery } from "../../lib/core/query.ts";
import type { Answer, Door } from "../../lib/door/answer.ts";
import { textReply } from "../../lib/door/reply.ts";
import type { Target } from "../../lib/door/route.ts";
import { openApiJson } from "./openapi.built.ts";

export function getOpenApi(_door: Door, { query }: Target): Answer {
  const parameters = parseQuery(query, []);
  return parameters.ok ? textReply(200, openApiJson) : parameters;
}
