/**
 * The server as the commands see it: one function a request. A refusal becomes a Failure with its exit code,
 * no answer becomes exit 7. What may be sent again (reads; writes with their Idempotency-Key) is sent again a
 * few times with growing, jittered waits, as long as the server says that it is retryable.
 */
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod/mini";
import type { Connection } from "./context.ts";
import { EXIT, Failure } from "./failure.ts";
import { type Asked, failureOfAnswer, readProblem, type ServerProblem } from "./server/problem.ts";
import { type ClientReply, type SentRequest, sendRequest } from "./server/send.ts";
import { unreachable } from "./server/unreachable.ts";

const ATTEMPTS = 4;
const WAIT_MAX_MS = 5000;

export interface ClientRequest {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** For refusals: what is asked for, and what places in the body are called (problem.ts). */
  readonly what?: string;
  readonly asServerSays?: boolean;
  readonly nameOf?: (pointer: string) => string | undefined;
}

export interface Client {
  readonly url: string;
  request(method: string, path: string, asked?: ClientRequest): Promise<ClientReply>;
  /** The same for JSON answers; the schema says what is expected of them. */
  json<T>(schema: z.core.$ZodType<T>, method: string, path: string, asked?: ClientRequest): Promise<T>;
}

export function openClient(connection: Connection): Client {
  const request: Client["request"] = async (method, path, asked = {}) => {
    const url = new URL(connection.url + path);
    for (const [name, value] of Object.entries(asked.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const headers: Record<string, string> = { ...asked.headers };
    if (connection.token !== undefined) headers.authorization = `Bearer ${connection.token}`;
    // A write without a key of its own gets one, so that it can be sent again without being done twice.
    if (path.startsWith("/v1/write/") || path === "/v1/commit" || path === "/v1/revert")
      headers["idempotency-key"] ??= crypto.randomUUID();
    const { what, nameOf, asServerSays } = asked;
    return attempt(
      { method, url, headers, body: asked.body, ca: connection.ca },
      {
        server: connection.url,
        tokenFrom: connection.tokenFrom,
        what,
        asServerSays,
        ...(nameOf === undefined ? {} : { nameOf }),
      },
    );
  };
  return {
    url: connection.url,
    request,
    async json(schema, method, path, asked = {}) {
      const headers =
        asked.body === undefined ? asked.headers : { "content-type": "application/json", ...asked.headers };
      const reply = await request(method, path, headers === undefined ? asked : { ...asked, headers });
      return parseAnswer(schema, reply, `${method} ${path}`);
    },
  };
}

function parseAnswer<T>(schema: z.core.$ZodType<T>, reply: ClientReply, route: string): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(reply.bytes));
  } catch {
    // Not JSON, so not an answer of ours; the schema says so.
    value = undefined;
  }
  const parsed = z.safeParse(schema, value);
  if (parsed.success) return parsed.data;
  throw new Failure(EXIT.fault, `the server's answer to ${route} is not what this version knows`, {
    cause: parsed.error,
    hint: "check that the command and the server are of one version",
  });
}

async function attempt(request: SentRequest, asked: Asked): Promise<ClientReply> {
  for (let nth = 1; ; nth += 1) {
    const reply = await sendRequest(request).catch((error: unknown) => {
      throw unreachable(request.url, error);
    });
    if (reply.status >= 200 && reply.status < 300) return reply;
    const problem = readProblem(reply);
    const wait = Number(reply.headers.get("retry-after") ?? "1") * 1000;
    if (!isPassing(problem) || nth >= ATTEMPTS || wait > WAIT_MAX_MS)
      throw failureOfAnswer(reply, problem, asked);
    await sleep(Math.min(wait, 250 * 2 ** nth) * (0.5 + Math.random() / 2));
  }
}

/** Whether the same request may go through in a moment. Read-only mode ends when a person ends it. */
function isPassing(problem: ServerProblem | undefined): boolean {
  return problem?.retryable === true && problem.code !== "read_only";
}
