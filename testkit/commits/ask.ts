/** One commit as a client sends it, as plain data, and what it is told. */
import type { HttpReply, HttpRequest } from "../../lib/core/http.ts";
import type { World } from "../../lib/http/world.ts";

export interface CommitAsk {
  readonly token: string;
  /** Its Idempotency-Key. */
  readonly id: string;
  readonly body: unknown;
}

export interface Said {
  readonly id: string;
  readonly status: number;
  /** Null for an answer with a revision. */
  readonly code: string | null;
  readonly revision: number | null;
  readonly retryAfter: string | null;
  readonly text: string;
}

/** Sends it to config-write in this process. */
export function sendCommit(
  handle: (request: HttpRequest, world: World) => HttpReply,
  world: World,
  ask: CommitAsk,
): Said {
  const body = new TextEncoder().encode(JSON.stringify(ask.body));
  const reply = handle({ method: "POST", uri: "/v1/commit", headers: headersOf(ask), body }, world);
  const text = typeof reply.body === "string" ? reply.body : new TextDecoder().decode(reply.body);
  return said(ask, { status: reply.status, text, headers: reply.headers });
}

/** Sends it to a server. */
export async function sendCommitTo(url: string, ask: CommitAsk): Promise<Said> {
  const body = JSON.stringify(ask.body);
  const reply = await fetch(`${url}/v1/commit`, { method: "POST", headers: headersOf(ask), body });
  return said(ask, { status: reply.status, text: await reply.text(), headers: [...reply.headers] });
}

function headersOf({ token, id }: CommitAsk): [string, string][] {
  return [
    ["authorization", `Bearer ${token}`],
    ["content-type", "application/json"],
    ["idempotency-key", id],
  ];
}

function said(
  { id }: CommitAsk,
  {
    status,
    text,
    headers,
  }: { status: number; text: string; headers: readonly (readonly [string, string])[] },
): Said {
  const told: { code?: string; revision?: number } = text === "" ? {} : JSON.parse(text);
  const retryAfter = headers.find(([name]) => name.toLowerCase() === "retry-after")?.[1] ?? null;
  return { id, status, code: told.code ?? null, revision: told.revision ?? null, retryAfter, text };
}
