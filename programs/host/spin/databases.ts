/** Where a database is: the path of a file, or a libSQL server. */
import type { LibsqlServer } from "../../../lib/store/libsql/connection.ts";

export type DatabaseAddress = string | LibsqlServer;

/** For people: never the token, nor a password in the URL. */
export function shownAddress(address: DatabaseAddress): string {
  if (typeof address === "string") return address;
  const { protocol, host, pathname } = new URL(address.url);
  return `${protocol}//${host}${pathname === "/" ? "" : pathname}`;
}
