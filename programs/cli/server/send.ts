/**
 * One request over Node's own HTTP client, which says plainly why there was no answer, and takes a certificate
 * authority for one connection alone. No redirect is followed: a token goes nowhere but where it was meant to go.
 */
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { buffer } from "node:stream/consumers";
import { rootCertificates } from "node:tls";
import { EXIT, Failure } from "../failure.ts";

const CONNECT_MS = 10_000;

export interface ClientReply {
  readonly status: number;
  readonly headers: Headers;
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
export function sendRequest({ method, url, headers, body, ca }: SentRequest): Promise<ClientReply> {
  const secure = url.protocol === "https:";
  const trusted = secure && ca !== undefined ? { ca: [...rootCertificates, readAuthority(ca)] } : {};
  return new Promise((done, failed) => {
    const request = (secure ? https : http).request(url, { method, headers, ...trusted }, (answer) => {
      buffer(answer).then(
        (bytes) => done({ status: answer.statusCode ?? 0, headers: headersOf(answer.rawHeaders), bytes }),
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

function headersOf(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < raw.length; at += 2) headers.append(raw[at] ?? "", raw[at + 1] ?? "");
  return headers;
}

function readAuthority(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Failure(EXIT.usage, `the certificate authority ${file} cannot be read`, { cause });
  }
}
