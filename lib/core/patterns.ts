/** The forms of ids, as texts of regular expressions that match the whole. */

/** From 1, and below 2^53 where it is parsed. */
const REVISION = "[1-9][0-9]{0,15}";
export const REVISION_PATTERN = `^${REVISION}$`;
/** A revision, and the first digits of the lineage that made it. */
export const ETAG_PATTERN = `^"(${REVISION})-([0-9a-f]{8})"$`;
export const LINEAGE_PATTERN = "^[0-9a-f]{32}$";
/** Of an attempt to export. */
export const RUN_PATTERN = "^[0-9a-f]{16}$";
export const SHA256_PATTERN = "^[0-9a-f]{64}$";
export const ACCESSOR_PATTERN = "^[a-z2-7]{12}$";
