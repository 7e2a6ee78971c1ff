/** The answer when a handler throws and its component has no better one. */
import type { HttpReply, HttpRequest } from "../../core/http.ts";
import { thrownText } from "../../core/thrown.ts";
import type { World } from "../../http/world.ts";

/** Makes an answer of what a handler threw. */
export type FaultReply = (error: unknown, request: HttpRequest, world: World) => HttpReply;

export function plainFault(error: unknown, _request: HttpRequest, world: World): HttpReply {
  world.log("request.failed", { error: thrownText(error) });
  const headers = [["content-type", "application/problem+json"]] as const;
  return { status: 500, headers, body: '{"title":"The server failed","status":500,"code":"internal"}' };
}
