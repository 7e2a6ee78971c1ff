/** An answer of an agent about itself. */
import type { GuestReply } from "../host/pool/protocol.ts";

export function jsonAnswer(status: number, value: unknown, more: readonly string[] = []): GuestReply {
  const headers = [
    "content-type",
    "application/json",
    "cache-control",
    "no-store",
    "x-content-type-options",
    "nosniff",
    ...more,
  ];
  return { status, headers, body: Buffer.from(JSON.stringify(value)) };
}
