/** Commit limits (docs/http.md, "Limits"). The encoded cap keeps a parameter under what libSQL servers take. */
export const COMMIT_LIMITS = {
  changes: 1_000,
  valueBytes: 1_048_576,
  bodyBytes: 2_097_152,
  encodedBytes: 4_194_304,
  keyBytes: 1_024,
} as const;
