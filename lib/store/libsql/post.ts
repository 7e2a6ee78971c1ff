/**
 * The helper thread: posts one body after the other over kept connections and tells what came of each.
 * Promise: every post is answered within its deadlines, and a failure says whether anything had been sent; so the
 * thread that sleeps on the answer never sleeps for ever. Knows nothing of SQL.
 */
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { MessagePort } from "node:worker_threads";

export interface Post {
  readonly url: string;
  readonly token: string;
  readonly body: string;
  /** To be connected. */
  readonly connectMs: number;
  /** For the whole answer, from when the connection stands. */
  readonly answerMs: number;
  readonly answerBytesMax: number;
  /** Nobody waits for the answer. */
  readonly unheard: boolean;
}

export type Posted =
  | { readonly ok: true; readonly status: number; readonly body: Uint8Array }
  /** `sent`: the server may have read the request. */
  | { readonly ok: false; readonly sent: boolean; readonly text: string };

export interface PostThread {
  readonly port: MessagePort;
  /** One cell, raised after an answer has been put on the port. */
  readonly arrivals: SharedArrayBuffer;
}

/** Four, so that a stream may be closed beside the statement that somebody waits for. */
const SOCKETS_MAX = 4;

/** Serves the other end of `port`. The thread ends when that is closed and the last post is answered. */
export function servePosts({ port, arrivals }: PostThread): void {
  const cell = new Int32Array(arrivals);
  const agents = {
    "http:": new HttpAgent({ keepAlive: true, maxSockets: SOCKETS_MAX }),
    "https:": new HttpsAgent({ keepAlive: true, maxSockets: SOCKETS_MAX }),
  };
  port.on("message", async (post: Post) => {
    const url = new URL(post.url);
    const posted = await (url.protocol === "https:"
      ? send(url, post, (options) => httpsRequest(url, { ...options, agent: agents["https:"] }))
      : send(url, post, (options) => httpRequest(url, { ...options, agent: agents["http:"] })));
    if (post.unheard) return;
    port.postMessage(posted);
    Atomics.add(cell, 0, 1);
    Atomics.notify(cell, 0);
  });
}

type Requesting = (options: {
  method: string;
  headers: Record<string, string>;
}) => ReturnType<typeof httpRequest>;

/** Never rejects. */
function send(url: URL, post: Post, open: Requesting): Promise<Posted> {
  return new Promise((resolve) => {
    let sent = false;
    const headers: Record<string, string> = {
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(post.body)),
    };
    if (post.token !== "") headers.authorization = `Bearer ${post.token}`;
    const outgoing = open({ method: "POST", headers });
    let timer: NodeJS.Timeout | undefined;
    const within = (ms: number, what: string) => {
      clearTimeout(timer);
      timer = setTimeout(() => outgoing.destroy(new Error(`${what} within ${ms} ms`)), ms);
    };
    const fail = (error: Error) => {
      clearTimeout(timer);
      resolve({ ok: false, sent, text: error.message });
    };
    const connected = () => {
      sent = true;
      within(post.answerMs, "no answer");
    };
    within(post.connectMs, `no connection to ${url.host}`);
    outgoing.on("socket", (socket) => {
      if (!socket.connecting) connected();
      else socket.once(url.protocol === "https:" ? "secureConnect" : "connect", connected);
    });
    outgoing.on("error", fail);
    outgoing.on("response", (incoming) => {
      const pieces: Buffer[] = [];
      let sizeBytes = 0;
      incoming.on("data", (piece: Buffer) => {
        pieces.push(piece);
        sizeBytes += piece.length;
        if (sizeBytes > post.answerBytesMax)
          outgoing.destroy(new Error(`query result exceeds limit of ${post.answerBytesMax} bytes`));
      });
      incoming.on("error", fail);
      incoming.on("end", () => {
        clearTimeout(timer);
        resolve({ ok: true, status: incoming.statusCode ?? 0, body: new Uint8Array(Buffer.concat(pieces)) });
      });
    });
    outgoing.end(post.body);
  });
}
