/** A POST from one component to another, or from the host to one: a match on `/...`, and no client (lib/http/chained.ts). */
import type { GuestRequest } from "./pool/protocol.ts";

const NOTHING = new Uint8Array(0);

export function calledRequest(component: string, path: string, body: Uint8Array = NOTHING): GuestRequest {
  const headers = ["host", `${component}.spin.internal`, "spin-raw-component-route", "/..."];
  return {
    method: "POST",
    uri: path,
    headers: [...headers, "spin-client-addr", "0.0.0.0:0"],
    body,
  };
}
