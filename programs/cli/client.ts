/**
 * The server as the commands see it: one function a request. A refusal becomes a Failure with its exit code,
 * no answer becomes exit 7. What may be sent again (reads; writes with their Idempotency-Key) is sent again a
 * few times with growing, jittered waits, as long as the server says that it is retryable.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import type { Connection } from "./context.ts";
import { EXIT, exitFor, Failure } from "./failure.ts";

const ATTEMPTS = 4;

const Problem = z.object({
  code: z.string(),
  title: z.string().optional(),
  detail: z.string().optional(),
  retryable: z.boolean().optional(),
  errors: z
    .array(
      z.object({
        pointer: z.string(),
        code: z.string().optional(),
        detail: z.string().optional(),
        etag: z.string().nullish(),
      }),
    )
    .optional(),
});
type Problem = z.infer<typeof Problem>;

export interface ClientReply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

export interface ClientRequest {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
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
    if (path.startsWith("/v1/write/") || path === "/v1/commit") headers["idempotency-key"] ??= randomUUID();
    return attempt(connection, method, url, headers, asked.body);
  };
  return {
    url: connection.url,
    request,
    async json(schema, method, path, asked = {}) {
      const headers =
        asked.body === undefined ? asked.headers : { "content-type": "application/json", ...asked.headers };
      const reply = await request(method, path, headers === undefined ? asked : { ...asked, headers });
      const parsed = z.safeParse(schema, JSON.parse(new TextDecoder().decode(reply.bytes)));
      if (parsed.success) return parsed.data;
      throw new Failure(
        EXIT.fault,
        `the server's answer to ${method} ${path} is not what this version knows`,
        {
          cause: parsed.error,
          hint: "check that the command and the server are of one version",
        },
      );
    },
  };
}

async function attempt(
  connection: Connection,
  method: string,
  url: URL,
  headers: Record<string, string>,
  body: string | Uint8Array | undefined,
): Promise<ClientReply> {
  for (let nth = 1; ; nth += 1) {
    const reply = await send(connection, method, url, headers, body);
    if (reply.status < 400) return reply;
    const problem = readProblem(reply);
    const wait = Number(reply.headers.get("retry-after") ?? "1") * 1000;
    if (problem?.retryable === true && nth < ATTEMPTS && wait <= 5000) {
      await sleep(Math.min(wait, 250 * 2 ** nth) * (0.5 + Math.random() / 2));
      continue;
    }
    throw failureOf(reply, problem, connection);
  }
}

async function send(
  connection: Connection,
  method: string,
  url: URL,
  headers: Record<string, string>,
  body: string | Uint8Array | undefined,
): Promise<ClientReply> {
  try {
    const answer = await fetch(url, {
      method,
      headers,
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
    });
    return {
      status: answer.status,
      headers: answer.headers,
      bytes: new Uint8Array(await answer.arrayBuffer()),
    };
  } catch (cause) {
    throw new Failure(EXIT.unreachable, `no answer from ${connection.url}`, {
      cause,
      hint: "is it running? start it with `npm start`; `./ledge restore` works without it",
    });
  }
}

function readProblem(reply: ClientReply): Problem | undefined {
  try {
    return Problem.safeParse(JSON.parse(new TextDecoder().decode(reply.bytes))).data;
  } catch {
    // Not a problem document: a proxy in between, or another server. The status alone has to do.
    return undefined;
  }
}

function failureOf(reply: ClientReply, problem: Problem | undefined, connection: Connection): Failure {
  if (problem === undefined) {
    return new Failure(exitFor(reply.status, undefined), `${connection.url} answered ${reply.status}`);
  }
  // A cause without a place in the request says nothing that the detail does not.
  const told = (problem.errors ?? []).filter((one) => one.pointer !== "" && one.detail !== problem.detail);
  const places = (problem.errors ?? []).filter((one) => one.pointer !== "" && one.detail === problem.detail);
  const causes = told.slice(0, 5).map((one) => `\n  ${one.pointer}: ${one.detail ?? one.code ?? ""}`);
  if (places.length > 0)
    causes.push(
      `\n  at ${places
        .slice(0, 5)
        .map((one) => one.pointer)
        .join(", ")}${places.length > 5 ? ", …" : ""}`,
    );
  const message = `${problem.detail ?? problem.title ?? problem.code}${causes.join("")}`;
  return new Failure(exitFor(reply.status, problem.code), message, {
    code: problem.code,
    hint: hintFor(problem.code),
  });
}

function hintFor(code: string): string | undefined {
  switch (code) {
    case "unauthenticated":
    case "bad_token":
      return "set LEDGE_TOKEN, or --token-file, or run this where `npm start` wrote .ledge/admin-token";
    case "precondition_required":
      return "name what you replace with --if ETAG, or say that you do not care with --if any";
    case "stale":
      return "look at it again with `get -o json`, then name its ETag";
    case "bucket_not_set":
      return "set the variables bucket_endpoint and bucket_name (docs/settings.md)";
    default:
      return undefined;
  }
}
