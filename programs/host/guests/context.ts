import type { ComponentGrant, RenewedVariables } from "../pool/protocol.ts";
import type { RequestDatabases } from "../spin/sqlite.ts";

/** What an instance reaches through its imports; `databases` changes with each request. */
export interface GuestContext {
  readonly grant: ComponentGrant;
  /** Variables that have changed since the start, and come before the grant's. */
  readonly renewed: RenewedVariables;
  databases: RequestDatabases;
}
