/** A server between a client and the real one: a test may do something right before a request, or answer it itself. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface Between {
  readonly url: string;
  close(): Promise<void>;
}

/** `before` sees each request with its number from 1 of that method and path; `cut` drops the connection unanswered. */
export async function openBetween(
  target: string,
  before: (request: { method: string; path: string; nth: number }) => Promise<"cut" | undefined>,
): Promise<Between> {
  const seen = new Map<string, number>();
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = "GET", url = "/" } = request;
    const body = await buffer(request);
    const path = url.split("?")[0] ?? url;
    const nth = (seen.get(`${method} ${path}`) ?? 0) + 1;
    seen.set(`${method} ${path}`, nth);
    if ((await before({ method, path, nth })) === "cut") {
      request.socket.destroy();
      return;
    }
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers))
      if (typeof value === "string" && !/^(host|connection|content-length|transfer-encoding)$/.test(name))
        headers.set(name, value);
    const answer = await fetch(target + url, { method, headers, ...(body.length > 0 ? { body } : {}) });
    const bytes = Buffer.from(await answer.arrayBuffer());
    response.writeHead(
      answer.status,
      [...answer.headers].filter(([name]) => name !== "transfer-encoding").flat(),
    );
    response.end(bytes);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}
