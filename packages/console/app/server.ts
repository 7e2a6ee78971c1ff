/** The server that this page came from, asked through the client. The browser sends the session's cookie by itself. */
import type { Fetch } from "../../client/fetch.ts";
import { openServer, type ServerRequest } from "../../client/server.ts";

/** With the header that makes the cookie count: no page of another origin can send it. */
export const pageFetch: Fetch = (url, asked) =>
  fetch(url, {
    ...asked,
    headers: { ...asked.headers, "ledge-console": "1" },
    credentials: "same-origin",
  });

export const server = openServer({ url: location.origin, fetch: pageFetch, attempts: 3, timeoutMs: 30_000 });

type Query = NonNullable<ServerRequest["query"]>;

/** The JSON of a GET. */
export function read<Content>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Content> {
  return server.json<Content>({ method: "GET", path, query, signal });
}

/** The JSON that a change is answered with. It is sent under one Idempotency-Key, however often. */
export function send<Content>(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  asked: Omit<ServerRequest, "method" | "path"> = {},
): Promise<Content> {
  const headers = { ...asked.headers, "idempotency-key": crypto.randomUUID() };
  return server.json<Content>({ ...asked, method, path, headers });
}

/** The JSON of a POST that changes nothing, or that the server does once however often it is asked. */
export function post<Content>(path: string, json?: unknown): Promise<Content> {
  return server.json<Content>({ method: "POST", path, ...(json === undefined ? {} : { json }) });
}

/** A part of a path: a name with everything that an address takes for itself written as %XX. */
export const part = encodeURIComponent;
