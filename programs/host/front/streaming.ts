/**
 * Answers that go on, by the protocol of lib/core/waiting.ts: event streams. Promise: a stream holds no thread while
 * nothing happens; a client that reads slowly is asked for no more than it has read; it ends with the host, with its client,
 * and with the first answer that is none of it, such as a refusal of a token that was revoked.
 */
import type { ServerResponse } from "node:http";
import type { JobResult } from "../engine.ts";
import { nextOf } from "../parking/headers.ts";
import { pause } from "../pool/member.ts";
import type { GuestReply, GuestRequest } from "../pool/protocol.ts";
import type { Soon } from "../soon.ts";
import { beginReply } from "./sending.ts";

export interface Streaming {
  readonly response: ServerResponse;
  /** As it came in. */
  readonly request: GuestRequest;
  /** Undefined when the client has gone. */
  ask(request: GuestRequest): Soon<JobResult | undefined>;
  stopping(): boolean;
}

/** Commits that come faster are told together; and where no more may wait, a stream asks no more often than this. */
const STEP_MS = 50;

/** Sends the first part and whatever follows. Resolves when the stream has ended. */
export async function stream(
  { response, request, ask, stopping }: Streaming,
  first: GuestReply,
  next: string,
): Promise<void> {
  beginReply(response, first);
  for (let uri: string | undefined = next; uri !== undefined && !response.destroyed && !stopping(); ) {
    await Promise.all([pause(STEP_MS), drained(response)]);
    const result: JobResult | undefined = await ask({ ...request, uri, headers: goingOn(request.headers) });
    uri = result === undefined ? undefined : nextOf(result);
    if (uri !== undefined && result?.type === "reply" && result.reply.body !== undefined)
      response.write(result.reply.body);
  }
  response.end();
}

/** Where the first request went on from stands in the next one's address. */
function goingOn(headers: readonly string[]): string[] {
  return headers.filter((_, at) => headers[at - (at % 2)] !== "last-event-id");
}

function drained(response: ServerResponse): Promise<void> | undefined {
  if (!response.writableNeedDrain) return undefined;
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}
