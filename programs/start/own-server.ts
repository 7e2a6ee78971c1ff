/** What a start asks of the server that it has just started, over the same interface as everybody. */
import { type ClientReply, sendRequest } from "../cli/server/send.ts";

/** Sends JSON. Rejects with Node's error where there is no answer. */
export function askOwnServer(
  method: string,
  url: string,
  { secret, body }: { readonly secret: string; readonly body: unknown },
): Promise<ClientReply> {
  const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
  return sendRequest({ method, url: new URL(url), headers, body: JSON.stringify(body), ca: undefined });
}

/** For people: the status and what was said. */
export function saidBy({ status, bytes }: ClientReply): string {
  return `${status} ${Buffer.from(bytes).toString()}`;
}
