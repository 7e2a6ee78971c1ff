/** One way to ask a server over HTTP, for tests that look at what comes back. */
import { formatToken, type ParsedToken } from "../lib/core/token.ts";

export interface Asking {
  /** Sent as bearer: a token, or a secret as text. None: no Authorization. */
  readonly token?: ParsedToken | string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Sent as JSON with its Content-Type. */
  readonly json?: unknown;
}

export type Answer = Awaited<ReturnType<typeof ask>>;

/** Asks and reads the answer to its end; `json` is null when the answer is none. */
export async function ask(
  server: { readonly url: string },
  method: string,
  path: string,
  { token, headers = {}, body, json }: Asking = {},
) {
  const sent = json === undefined ? body : JSON.stringify(json);
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${asText(token)}` }),
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson && text !== "" ? JSON.parse(text) : null,
  };
}

/** The same as one who always shows this token, unless another is given. */
export function askAs(token: ParsedToken | string): typeof ask {
  return (server, method, path, asking) => ask(server, method, path, { token, ...asking });
}

function asText(token: ParsedToken | string): string {
  return typeof token === "string" ? token : formatToken(token);
}
