import type { DatabaseAddress } from "./databases.ts";
import type { OutboundPattern } from "./outbound.ts";

/** A component's grants, settled: what it may reach, whatever runs it. */
export interface ComponentReach {
  readonly name: string;
  /** By label. */
  readonly databases: Readonly<Record<string, DatabaseAddress>>;
  /** Mapped variables; null when a required one has no value, which shows at the `get`. */
  readonly variables: Readonly<Record<string, string | null>>;
  readonly outbound: readonly OutboundPattern[];
}
