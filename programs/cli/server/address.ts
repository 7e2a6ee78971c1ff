/**
 * The address of a server as people give it: http or https, a host, perhaps a path, and nothing secret; or `unix:` and the
 * path of a socket.
 */
import { resolve } from "node:path";
import { EXIT, Failure } from "../failure.ts";

/** Linux takes paths of sockets up to here, and macOS four less. */
const SOCKET_PATH_BYTES_MAX = 107;
const SOCKET = "unix:";

/** The address without a last slash; two that are equal as texts are one server. Refuses anything else by name. */
export function parseServerAddress(text: string): string {
  if (text.startsWith(SOCKET)) return parseSocketAddress(text);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new Failure(EXIT.usage, `${text} is not the address of a server`, {
      hint: "it begins with http:// or https://, for example https://ledge.example.com, or with unix:, for example unix:/run/ledge.sock",
    });
  if (url.username !== "" || url.password !== "")
    throw new Failure(EXIT.usage, "an address holds no user and no password", {
      hint: "a token is stored with `ledge login URL`",
    });
  if (url.search !== "" || url.hash !== "")
    throw new Failure(EXIT.usage, `${text} has more than the address of a server`);
  return url.href.replace(/\/+$/, "");
}

/** With the whole path, since a stored address is used from any folder. */
function parseSocketAddress(text: string): string {
  const given = text.slice(SOCKET.length);
  // What follows two slashes would be a host, and a socket has none.
  if (given === "" || /^\/\/[^/]/.test(given))
    throw new Failure(EXIT.usage, `${text} is not the address of a socket`, {
      hint: "write unix: and its path, for example unix:/run/ledge.sock",
    });
  const path = resolve(given);
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX)
    throw new Failure(EXIT.usage, `${path} is too long for a socket: at most ${SOCKET_PATH_BYTES_MAX} bytes`);
  return `${SOCKET}${path}`;
}

/** Where requests to an address go, and what it is called. */
export interface ServerPlace {
  /** What requests name; their `Host` is of it. */
  readonly url: string;
  readonly socketPath: string | undefined;
  /** For people: as it was given, and its parts. */
  readonly address: string;
  readonly origin: string;
  readonly host: string;
  readonly hostname: string;
  readonly protocol: string;
}

/** `address` is one that was parsed. */
export function serverPlaceOf(address: string): ServerPlace {
  if (!address.startsWith(SOCKET)) {
    const { origin, host, hostname, protocol } = new URL(address);
    return { url: address, socketPath: undefined, address, origin, host, hostname, protocol };
  }
  const socketPath = address.slice(SOCKET.length);
  const names = { address, origin: address, host: address, hostname: address, protocol: SOCKET };
  return { url: "http://localhost", socketPath, ...names };
}
