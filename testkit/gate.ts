/** A server that answers nobody until it is opened: whatever asks it is held for as long as a test wants. */
import { createServer, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";
import { listenOnLoopback } from "./loopback.ts";

export interface Gate {
  readonly url: string;
  /** How many wait at it now. */
  waiting(): number;
  /** Answers them, and from now on everybody at once. */
  open(): void;
}

/** Closed at first; gone after the test. */
export async function openGate(): Promise<Gate> {
  const held: ServerResponse[] = [];
  let isOpen = false;
  const server = createServer((_request, response) => {
    if (isOpen) response.end("open");
    else held.push(response);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${await listenOnLoopback(server)}`,
    waiting: () => held.length,
    open() {
      isOpen = true;
      for (const response of held.splice(0)) response.end("open");
    },
  };
}
