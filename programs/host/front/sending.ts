/** Answers on their way out, the front's own refusals among them: problem documents with a code. */
import { randomBytes } from "node:crypto";
import { type ServerResponse, STATUS_CODES } from "node:http";
import { problemReply } from "../../../lib/core/problem.ts";
import type { Refusal } from "../../../lib/core/refusal.ts";
import type { Prepared } from "../answers.ts";
import { WAITING_HEADERS } from "../parking/headers.ts";
import type { GuestReply } from "../pool/protocol.ts";
import { FORBIDDEN_HEADERS } from "../wasi/fields.ts";
import { wireText } from "./header-text.ts";

/** What went out as which response, for who measures. */
const sent = new WeakMap<ServerResponse, GuestReply>();

/** The reply that a response was sent as; undefined while it has none. */
export function sentReply(response: ServerResponse): GuestReply | undefined {
  return sent.get(response);
}

/** Sends a reply. The response ends when `until` does: at once, unless the request is still read. */
export function sendReply(response: ServerResponse, reply: GuestReply, until?: Promise<void>): void {
  sendPrepared(response, prepare(reply), until);
}

export function prepare(reply: GuestReply): Prepared {
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
  return { reply, headers: flat, body: bodiless ? undefined : inOnePiece(reply.body) };
}

export function sendPrepared(
  response: ServerResponse,
  { reply, headers, body }: Prepared,
  until?: Promise<void>,
): void {
  sent.set(response, reply);
  try {
    response.writeHead(reply.status, headers);
  } catch {
    // A header or status that cannot be sent is the guest's mistake, and a 500 as on Spin.
    response.writeHead(500, ["content-length", "0"]).end();
    return;
  }
  if (until === undefined) response.end(body, "latin1");
  else {
    if (body !== undefined) response.write(body, "latin1");
    until.then(() => response.end());
  }
}

/** Begins an answer that goes on, with what there is of it. */
export function beginReply(response: ServerResponse, reply: GuestReply): void {
  const { headers, body } = prepare(reply);
  sent.set(response, reply);
  const open = headers.filter((_, at) => headers[at - (at % 2)] !== "content-length");
  response.writeHead(reply.status, open);
  if (body !== undefined) response.write(body, "latin1");
}

/** Of this size and below a body goes out in one piece with the headers. */
const ONE_PIECE_BYTES = 16_384;

/** Node writes headers and bytes apart, in a call that costs more than the copy; text it joins to the headers. */
function inOnePiece(body: Uint8Array | undefined): string | Uint8Array | undefined {
  if (body === undefined || body.length === 0 || body.length > ONE_PIECE_BYTES) return body;
  return Buffer.from(body.buffer, body.byteOffset, body.length).toString("latin1");
}

/** A refusal by the host itself, as a component would tell it. `until` as for replies. */
export function sendRefusal(response: ServerResponse, refusal: Refusal, until?: Promise<void>): void {
  sendReply(response, refusalReply(refusal), until);
}

/** A refusal as it goes over the wire, where there is no request to answer. The connection ends with it. */
export function refusalText(refusal: Refusal): string {
  const { status, headers, body } = refusalReply(refusal);
  const date = new Date().toUTCString();
  const flat = [...headers, "content-length", String(body.length), "connection", "close", "date", date];
  const lines = flat.flatMap((part, at) => (at % 2 === 0 ? [`${part}: ${flat[at + 1]}\r\n`] : []));
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body.toString("latin1")}`;
}

/** The same as a reply of a component. */
export function refusalReply(refusal: Refusal): GuestReply & { readonly body: Buffer } {
  const { status, headers, body } = problemReply(refusal, randomBytes(8).toString("hex"));
  return { status, headers: headers.flat(), body: Buffer.from(body) };
}
