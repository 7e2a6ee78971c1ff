/**
 * What an edge says of itself, by namespace, as it was last heard. It is kept outside of the history: the last word of each edge,
 * for as long as anybody may want to know.
 */

/** From where an edge has what it serves. */
export const SOURCES = ["origin", "relay", "bucket", "none"] as const;

/** One namespace at one edge. */
export interface KeptBeacon {
  readonly edge: string;
  readonly namespace: string;
  /** When it was said, by the clock of this store, in milliseconds since 1970. */
  readonly atMs: number;
  readonly version: string;
  readonly through?: string | undefined;
  readonly lineage: string;
  readonly revision: number;
  readonly channel?: string | undefined;
  readonly pointer?: number | undefined;
  readonly lagSeconds?: number | undefined;
  readonly source: (typeof SOURCES)[number];
  readonly digest?: string | undefined;
  readonly errorRate?: number | undefined;
  readonly refusal?:
    | { readonly code: string; readonly revision: number; readonly detail?: string | undefined }
    | undefined;
}

/** Of one request. */
export const BEACONS_MAX = 500;
/** Namespaces at edges, in all: whoever may report for any edge cannot fill the disk. */
export const BEACONS_KEPT_MAX = 100_000;
/** Who was not heard for so long is silent. */
export const SILENT_MS = 300_000;
/** And then forgotten. */
export const FORGOTTEN_MS = 2_592_000_000;
