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
  readonly text: string;
}

/** Sends it to config-write in this process. */
export function sendCommit(
  handle: (request: HttpRequest, world: World) => HttpReply,
  world: World,
  { token, id, body }: CommitAsk,
): Said {
  const reply = handle(
    {
      method: "POST",
      uri: "/v1/commit",
      headers: [
        ["authorization", `Bearer ${token}`],
        ["content-type", "application/json"],
        ["idempotency-key", id],
      ],
      body: new TextEncoder().encode(JSON.stringify(body)),
    },
    world,
  );
  const text = typeof reply.body === "string" ? reply.body : new TextDecoder().decode(reply.body);
  const said: { code?: string } = JSON.parse(text);
  return { id, status: reply.status, code: said.code ?? null, text };
}
