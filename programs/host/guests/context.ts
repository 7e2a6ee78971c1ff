import type { ComponentGrant } from "../pool/protocol.ts";
import type { RequestDatabases } from "../spin/sqlite.ts";

/** What an instance reaches through its imports; `databases` changes with each request. */
export interface GuestContext {
  readonly grant: ComponentGrant;
  databases: RequestDatabases;
}
