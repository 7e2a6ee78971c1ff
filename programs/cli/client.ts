/**
 * The server as the commands see it: packages/client over Node's own HTTP, one function a request. A refusal becomes a Failure
 * with its exit code, no answer becomes exit 7. What the server says is retryable is sent again a few times; writes have
 * their Idempotency-Key. A command has as long as the server takes, and hears at once that nobody answers.
 */
import * as z from "zod/mini";
import { LedgeError } from "../../packages/client/index.ts";
import {
  openServer,
  type ServerAnswer,
  type ServerClient,
  type ServerRequest,
} from "../../packages/client/server.ts";
import type { Connection } from "./context.ts";
import { EXIT, Failure } from "./failure.ts";
import { serverPlaceOf } from "./server/address.ts";
import { nodeFetch } from "./server/node-fetch.ts";
import { failureOfRefusal } from "./server/problem.ts";
import { unreachable } from "./server/unreachable.ts";

/** A server that asks for more is not waited for. */
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
  request(method: string, path: string, asked?: ClientRequest): Promise<ServerAnswer>;
  /** The same for JSON answers; the schema says what is expected of them. */
  json<T>(schema: z.core.$ZodType<T>, method: string, path: string, asked?: ClientRequest): Promise<T>;
}

export function openClient(connection: Connection): Client {
  const place = serverPlaceOf(connection.url);
  const server = openServer({
    url: place.url,
    token: connection.token,
    fetch: nodeFetch({ ca: connection.ca, socketPath: place.socketPath }),
    timeoutMs: Number.POSITIVE_INFINITY,
    mayRepeat: isPassing,
  });
  const request: Client["request"] = async (method, path, { query, body, ...about } = {}) => {
    const headers = {
      ...(isWrite(path) ? { "idempotency-key": crypto.randomUUID() } : {}),
      ...about.headers,
    };
    // The client takes bytes of their own memory alone.
    const content = typeof body === "string" || body === undefined ? body : new Uint8Array(body);
    const asked = { method, path, headers, ...(query === undefined ? {} : { query }) };
    return askInWords(server, content === undefined ? asked : { ...asked, body: content }).catch(
      (error: unknown) => {
        if (!(error instanceof LedgeError)) throw error;
        if (error.code === "unreachable") throw unreachable(place, error.cause);
        throw failureOfRefusal(error, { server: connection.url, tokenFrom: connection.tokenFrom, ...about });
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

/** The answer. What is refused to HEAD has no words in it: GET is told them. That nothing is there needs none. */
async function askInWords(server: ServerClient, asked: ServerRequest): Promise<ServerAnswer> {
  try {
    return await server.ask(asked);
  } catch (error) {
    const isWordless = asked.method === "HEAD" && error instanceof LedgeError && error.code === "bad_answer";
    if (!isWordless || error.status === 404) throw error;
    return server.ask({ ...asked, method: "GET" });
  }
}

function parseAnswer<T>(schema: z.core.$ZodType<T>, reply: ServerAnswer, route: string): T {
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

/** A write gets a key where it has none of its own, so that it can be sent again without being done twice. */
function isWrite(path: string): boolean {
  return /^\/v1\/(write\/|commit$|revert$|proposals\/\w+\/(approve|apply)$)/.test(path);
}

/** Whether the same request may go through in a moment. Read-only mode ends when a person ends it. */
function isPassing({ code, retryable, retryAfterMs = 0 }: LedgeError): boolean {
  const isRefusal = code !== "unreachable" && code !== "bad_answer";
  return isRefusal && retryable && code !== "read_only" && retryAfterMs <= WAIT_MAX_MS;
}
