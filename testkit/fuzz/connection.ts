/** Writes one case to a server, piece by piece, and gives all that came back when the server has closed, or has said all. */
import { connect, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import type { FuzzCase } from "./sent.ts";

/** For what hangs: a request to the exporter may take a quarter of an hour. */
const PATIENCE_MS = 1_000_000;
const STREAM = /^HTTP\/1\.1 200 .*\r\ncontent-type: text\/event-stream/is;

export interface CameBack {
  readonly bytes: Buffer;
  /** Why no more came: the server closed, began a stream without an end, or said nothing for long. */
  readonly end: "closed" | "stream" | "silence";
}

export async function sendCase(port: number, { pieces, halfClose }: FuzzCase): Promise<CameBack> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const came = cameBack(socket);
  for (const [at, piece] of pieces.entries()) {
    if (at > 0) await setImmediate();
    if (socket.destroyed) break;
    socket.write(piece);
  }
  if (halfClose && !socket.destroyed) socket.end();
  return came;
}

function cameBack(socket: Socket): Promise<CameBack> {
  const parts: Buffer[] = [];
  return new Promise((resolve) => {
    const settle = (end: CameBack["end"]) => {
      clearTimeout(patience);
      resolve({ bytes: Buffer.concat(parts), end });
      socket.destroy();
    };
    const patience = setTimeout(() => settle("silence"), PATIENCE_MS);
    socket.on("data", (part: Buffer) => {
      parts.push(part);
      if (parts.length < 4 && STREAM.test(Buffer.concat(parts).toString("latin1", 0, 2000))) settle("stream");
    });
    // A server that refuses may close while we still write; what it said before is here.
    socket.on("error", () => {});
    socket.on("end", () => settle("closed"));
    socket.on("close", () => settle("closed"));
  });
}
