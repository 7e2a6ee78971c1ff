/** What a plan warns of. A warning stops nothing: it is what somebody would like to have seen before. */
export const WARNINGS = [
  "looks_secret",
  "becomes_empty",
  "large_step",
  "prefix_shrinks",
  "overridden",
] as const;

export interface Warning {
  readonly code: (typeof WARNINGS)[number];
  /** Never a value. */
  readonly detail: string;
  /** The operation that it is about. */
  readonly index: number;
}
