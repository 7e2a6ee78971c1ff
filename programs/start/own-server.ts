/** What a start asks of the server that it has just started, over the same interface as everybody. */
import type { LedgeError } from "../../packages/client/index.ts";
import { openServer, type ServerClient } from "../../packages/client/server.ts";
import { nodeFetch } from "../cli/server/node-fetch.ts";

/** Each request is sent once, and has as long as it takes: the server is this very process. */
export function openOwnServer(url: string, token: string): ServerClient {
  return openServer({ url, token, fetch: nodeFetch(), attempts: 1, timeoutMs: Number.POSITIVE_INFINITY });
}

/** For people: how it was refused. */
export function saidBy({ status, code, message }: LedgeError): string {
  return status === 0 ? message : `${status} ${code}: ${message}`;
}
