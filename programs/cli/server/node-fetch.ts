/**
 * A `fetch` for the client (packages/client) over Node's own HTTP: it says plainly why there was no answer, takes a
 * certificate authority for one connection alone, and speaks over a Unix socket. No redirect is followed: a token goes
 * nowhere but where it was meant to go.
 */
import { readFileSync } from "node:fs";
import http, { type IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { BODY_BYTES_MAX } from "../../../packages/client/body.ts";
import type { AnswerHeaders, Fetch, FetchAnswer, FetchAsked } from "../../../packages/client/index.ts";
import { EXIT, Failure } from "../failure.ts";

export interface NodeFetchOptions {
  /** A PEM file of authorities that are trusted besides those of Node. */
  readonly ca?: string | undefined;
  /** Where to connect, in place of the host of the address. */
  readonly socketPath?: string | undefined;
}

const CONNECT_MS = 10_000;

/** Rejects with Node's error when there is no answer, and with SentOn. */
export function nodeFetch(options: NodeFetchOptions = {}): Fetch {
  return async (url, asked) => {
    const secure = url.startsWith("https:") ? await trusting(options.ca) : undefined;
    const answer = await send(url, asked, {
      client: secure?.client ?? http,
      options: {
        ...(options.socketPath === undefined ? {} : { socketPath: options.socketPath }),
        ...secure?.options,
      },
    });
    const location = answer.headers.location;
    const { statusCode: status = 0 } = answer;
    if (status < 300 || status >= 400 || location === undefined) return answerOf(answer, status);
    answer.destroy();
    throw new SentOn(location);
  };
}

/** The server names another address. */
export class SentOn extends Error {
  readonly location: string;
  constructor(location: string) {
    super(`sent on to ${location}`);
    this.location = location;
  }
}

interface Way {
  readonly client: typeof http | typeof import("node:https");
  readonly options: http.RequestOptions;
}

function send(
  url: string,
  { method, headers, signal, body }: FetchAsked,
  { client, options }: Way,
): Promise<IncomingMessage> {
  return new Promise((done, failed) => {
    const request = client.request(url, { ...options, method, headers, signal }, done);
    request.on("error", failed);
    request.on("socket", (socket) => {
      if (!socket.connecting) return;
      const late = setTimeout(() => request.destroy(new Silent()), CONNECT_MS);
      for (const event of ["connect", "close"]) socket.once(event, () => clearTimeout(late));
    });
    request.end(body);
  });
}

/** Nobody accepted the connection in time. */
class Silent extends Error {
  readonly code = "ETIMEDOUT";
}

/** Not a `Response`: Node takes longer to load that than most commands work. */
function answerOf(answer: IncomingMessage, status: number): FetchAnswer {
  return {
    status,
    ok: status >= 200 && status < 300,
    headers: headersOf(answer.headersDistinct),
    arrayBuffer: async () => new Uint8Array(await bodyOf(answer)).buffer,
    text: async () => (await bodyOf(answer)).toString(),
    get body() {
      return Readable.toWeb(answer);
    },
  };
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    size += piece.length;
    // Leaving the loop ends the connection.
    if (size > BODY_BYTES_MAX) throw new Error(`an answer of more than ${BODY_BYTES_MAX} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Several of one name in one text (RFC 9110 section 5.3). */
function headersOf(lists: NodeJS.Dict<string[]>): AnswerHeaders {
  return {
    get: (name) => lists[name.toLowerCase()]?.join(", ") ?? null,
    has: (name) => lists[name.toLowerCase()] !== undefined,
  };
}

/** Node's client for TLS, which is loaded where a server has it. */
async function trusting(ca: string | undefined) {
  const [https, { rootCertificates }] = await Promise.all([import("node:https"), import("node:tls")]);
  return { client: https, options: ca === undefined ? {} : { ca: [...rootCertificates, readAuthority(ca)] } };
}

/** Throws Failure. */
export function readAuthority(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Failure(EXIT.usage, `the certificate authority ${file} cannot be read`, { cause });
  }
}
