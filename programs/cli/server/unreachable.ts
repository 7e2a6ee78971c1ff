/** Why a server gave no answer, in a sentence with what to do: from the code of Node's error. */
import { EXIT, Failure } from "../failure.ts";
import type { ServerPlace } from "./address.ts";
import { SentOn } from "./node-fetch.ts";

interface Meaning {
  readonly codes: RegExp;
  say(server: ServerPlace, why: string): { readonly message: string; readonly hint?: string };
}

/** Of a Unix socket; the others follow. */
const OF_SOCKETS: readonly Meaning[] = [
  {
    codes: /^(ECONNREFUSED|ENOENT|ENOTSOCK)$/,
    say: ({ origin }) => ({
      message: `nothing listens at ${origin}`,
      hint: "is its server running, and is that the socket that it was told?",
    }),
  },
  {
    codes: /^(EACCES|EPERM)$/,
    say: ({ origin }) => ({
      message: `this user may not connect to ${origin}`,
      hint: "whoever may write to the socket may connect: look at its mode and owner, and at its folder's",
    }),
  },
  { codes: /^HPE_/, say: ({ origin }) => ({ message: `${origin} does not answer in HTTP` }) },
];

const MEANINGS: readonly Meaning[] = [
  {
    codes: /^ECONNREFUSED$/,
    say: ({ origin }) => ({
      message: `nothing listens at ${origin}`,
      hint: "is it running? start it with `ledge serve`; `ledge restore` works without it",
    }),
  },
  {
    codes: /^(ENOTFOUND|EAI_)/,
    say: ({ hostname }) => ({
      message: `the name ${hostname} is not known here`,
      hint: "look at the address: `ledge context ls` lists those that are stored",
    }),
  },
  {
    codes:
      /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_\w+|CERT_UNTRUSTED|CERT_SIGNATURE_FAILURE)$/,
    say: ({ origin }, why) => ({
      message: `the certificate of ${origin} is not trusted: ${why}`,
      hint: "name the authority that signed it with --ca FILE (PEM)",
    }),
  },
  {
    codes: /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    say: ({ origin }, why) => ({
      message: `the certificate of ${origin} is not valid now: ${why}`,
      hint: "look at the clock of this machine, then at the server's certificate",
    }),
  },
  {
    codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    say: ({ origin }, why) => ({ message: `the certificate of ${origin} is for another name: ${why}` }),
  },
  {
    codes: /^(EPROTO|ERR_SSL_\w+)$/,
    say: ({ origin, host }) => ({
      message: `${origin} does not speak TLS as this command does`,
      hint: `a server without TLS has the address http://${host}`,
    }),
  },
  {
    codes: /^HPE_/,
    say: ({ origin, host }) => ({
      message: `${origin} does not answer in HTTP`,
      hint: `a server with TLS has the address https://${host}`,
    }),
  },
  {
    codes: /^(ECONNRESET|EPIPE|ECONNABORTED)$/,
    say: ({ origin, host, protocol }) => ({
      message: `${origin} broke the connection off before its answer was complete`,
      hint: `a change may have been made all the same: look before you send it again${
        protocol === "http:" ? `; a server with TLS has the address https://${host}` : ""
      }`,
    }),
  },
];

/** The failure for an error of `nodeFetch`: exit code 7, unless there was an answer that sends elsewhere. */
export function unreachable(server: ServerPlace, error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof SentOn)
    return new Failure(EXIT.fault, `${server.address} sends on to ${error.location}`, {
      hint: "name that address itself: a token is sent only to the address that it is stored for",
    });
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const why = error instanceof Error ? error.message : String(error);
  const meanings = server.socketPath === undefined ? MEANINGS : [...OF_SOCKETS, ...MEANINGS];
  const said = meanings.find(({ codes }) => codes.test(code))?.say(server, why) ?? {
    message: `no answer from ${server.origin}${why === "" ? "" : `: ${why}`}`,
  };
  return new Failure(EXIT.unreachable, said.message, { hint: said.hint, cause: error });
}
