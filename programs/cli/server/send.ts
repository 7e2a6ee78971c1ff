/**
 * One request over Node's own HTTP client, which says plainly why there was no answer, and takes a certificate
 * authority for one connection alone. No redirect is followed: a token goes nowhere but where it was meant to go.
 */
import { readFileSync } from "node:fs";
import http from "node:http";
import { buffer } from "node:stream/consumers";
import { EXIT, Failure } from "../failure.ts";

const CONNECT_MS = 10_000;

/** The headers of an answer by name, in any case; several of one name in one text (RFC 9110 section 5.3). */
export interface AnswerHeaders {
  get(name: string): string | null;
}

export interface ClientReply {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly bytes: Uint8Array;
}

export interface SentRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  /** A PEM file of authorities that are trusted besides those of Node. */
  readonly ca: string | undefined;
}

/** The answer, whatever its status. Rejects with Node's error when there is none. */
export async function sendRequest(sent: SentRequest): Promise<ClientReply> {
  const { method, url, headers, body } = sent;
  const secure = url.protocol === "https:" ? await trusting(sent.ca) : undefined;
  return new Promise((done, failed) => {
    const options = { method, headers, ...secure?.options };
    const request = (secure?.client ?? http).request(url, options, (answer) => {
      buffer(answer).then(
        (bytes) =>
          done({ status: answer.statusCode ?? 0, headers: headersOf(answer.headersDistinct), bytes }),
        failed,
      );
    });
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

/** Node's client for TLS, which is loaded where a server has it. */
async function trusting(ca: string | undefined) {
  const [https, { rootCertificates }] = await Promise.all([import("node:https"), import("node:tls")]);
  return { client: https, options: ca === undefined ? {} : { ca: [...rootCertificates, readAuthority(ca)] } };
}

function headersOf(lists: NodeJS.Dict<string[]>): AnswerHeaders {
  return { get: (name) => lists[name.toLowerCase()]?.join(", ") ?? null };
}

function readAuthority(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Failure(EXIT.usage, `the certificate authority ${file} cannot be read`, { cause });
  }
}
