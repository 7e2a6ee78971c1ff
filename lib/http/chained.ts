/** Whether another component of this application asks. */
import type { HttpRequest } from "../core/http.ts";

/**
 * Spin gives a chained request a match on `/...` and a client without an address. It appends these headers, and
 * where a client sent one of the name, the last value is the host's.
 */
export function isChained({ headers }: HttpRequest): boolean {
  const last = (name: string) => {
    const values = headers.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value);
    return values.join(", ").split(", ").at(-1);
  };
  return last("spin-raw-component-route") === "/..." && last("spin-client-addr") === "0.0.0.0:0";
}
