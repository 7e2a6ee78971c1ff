/** A TCP connection to a test host, byte by byte: for requests that no HTTP client would send. */
import { connect, type Socket } from "node:net";
import { expect, onTestFinished } from "vitest";

export interface Wire {
  readonly socket: Socket;
  /** All that has come back. */
  text(): string;
  readonly closed: Promise<void>;
}

/** A connection that has sent this much (Latin-1) so far; ended with the test. */
export async function openWire({ port }: { readonly port: number }, text: string): Promise<Wire> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => {
    socket.destroy();
  });
  let answer = "";
  socket.setEncoding("latin1");
  socket.on("data", (part) => {
    answer += part;
  });
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await new Promise<void>((resolve, reject) =>
    socket.write(text, "latin1", (error) => (error ? reject(error) : resolve())),
  );
  return { socket, text: () => answer, closed };
}

/** Status and code of the problem that came back on a connection. */
export function toldOnWire(text: string): string {
  const [head = "", body = "{}"] = text.split("\r\n\r\n");
  const problem: { status: number; code: string } = JSON.parse(body);
  expect(head).toContain("content-type: application/problem+json");
  expect(head).toContain(`HTTP/1.1 ${problem.status} `);
  return `${problem.status} ${problem.code}`;
}
