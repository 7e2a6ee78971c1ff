/** How large the things are that a tick writes, and what each of its steps is given. */
import { OBJECTS_MAX } from "../../snapshot/schemas.ts";
import type { ExportContext } from "./run.ts";

/** Sizes of what is written. Tests make them small. */
export interface Limits {
  /** About how much a segment holds, unpacked. */
  readonly segmentBytes: number;
  /** About how much a part of a base holds, unpacked; with the worst estimate it stays below 4 MiB. */
  readonly partBytes: number;
  readonly objectsMax: number;
  /** A base is made again once the segments after it hold this much and as much as the base itself. */
  readonly baseBytesMin: number;
  /** A store no bigger than this has its digest in every manifest. */
  readonly digestBytes: number;
  /** A history no bigger than this begins with a base alone: a tick can finish it. */
  readonly aloneBytes: number;
  /** About how much of what changed since the base a range of a replay holds in memory. */
  readonly foldBytes: number;
}

export const LIMITS: Limits = {
  segmentBytes: 3_145_728,
  partBytes: 3_145_728,
  objectsMax: OBJECTS_MAX,
  baseBytesMin: 16_777_216,
  digestBytes: 4_194_304,
  aloneBytes: 50_331_648,
  foldBytes: 16_777_216,
};

export interface StepContext extends ExportContext {
  readonly limits: Limits;
}
