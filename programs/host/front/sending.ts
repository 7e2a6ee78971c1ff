/** Answers on their way out, the front's own refusals among them: problem documents with a code. */
import type { ServerResponse } from "node:http";
import { WAITING_HEADERS } from "../parking/headers.ts";
import type { GuestReply } from "../pool/protocol.ts";
import { FORBIDDEN_HEADERS } from "../wasi/fields.ts";
import { wireText } from "./header-text.ts";

export interface HostProblem {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
}

/** Sends a reply. The response ends when `until` does: at once, unless the request is still read. */
export function sendReply(response: ServerResponse, reply: GuestReply, until?: Promise<void>): void {
  const flat: string[] = [];
  let length = false;
  for (let at = 0; at < reply.headers.length; at += 2) {
    const name = (reply.headers[at] ?? "").toLowerCase();
    if (FORBIDDEN_HEADERS.has(name) || WAITING_HEADERS.has(name)) continue;
    if (name === "content-length") length = true;
    flat.push(name, wireText(reply.headers[at + 1] ?? ""));
  }
  const bodiless = reply.status === 204 || reply.status === 304 || reply.status < 200;
  if (!length && !bodiless) flat.push("content-length", String(reply.body?.length ?? 0));
  try {
    response.writeHead(reply.status, flat);
  } catch {
    // A header or status that cannot be sent is the guest's mistake, and a 500 as on Spin.
    response.writeHead(500, ["content-length", "0"]).end();
    return;
  }
  const body = bodiless ? undefined : reply.body;
  if (until === undefined) response.end(body);
  else {
    if (body !== undefined) response.write(body);
    until.then(() => response.end());
  }
}

export function sendProblem(
  response: ServerResponse,
  { status, code, title, detail }: HostProblem,
  until?: Promise<void>,
): void {
  const retryable = status === 503 && code !== "outcome_unknown";
  const problem = { type: `/problems/${code}`, title, status, code, detail, retryable };
  const headers = ["content-type", "application/problem+json", "cache-control", "no-store"];
  if (status === 503) headers.push("retry-after", "1");
  sendReply(response, { status, headers, body: Buffer.from(JSON.stringify(problem)) }, until);
}
