/** What a finding is about, for whoever picks: kept with it in the store. */
export interface FindingData {
  /**
   * `ahead`: the bucket is further in this very history. `same_lineage`: somebody writes other content under our
   * lineage. `other_lineage`: another life of this history goes on beside us. `foreign`: nothing in common.
   */
  readonly cause: "ahead" | "same_lineage" | "other_lineage" | "foreign";
  /** The lineages that go on beside us. */
  readonly lineages: readonly string[];
}

/** What is wrong, and what to do: in these words wherever it is told. A cause of another version gives the general ones. */
export function findingWords(cause: string): { readonly what: string; readonly advice: string } {
  switch (cause) {
    case "ahead":
      return {
        what: "the store went back: its file is an older copy than what the bucket holds",
        advice:
          "To take what the bucket holds, stop the server and `ledge restore --to FILE --replace`; to go on from the older copy, `ledge backup adopt`.",
      };
    case "foreign":
      return {
        what: "another store's backups lie under this prefix",
        advice: "Choose another bucket_prefix, or set bucket_shared if both may lie there.",
      };
    default:
      return {
        what: "two histories have been written to this bucket",
        advice:
          "Look at both with `ledge backup ls`, then choose with `ledge backup pick this` or `ledge backup pick other`.",
      };
  }
}

/** Why exporting stops. */
export interface Finding {
  readonly kind: "fork" | "foreign";
  readonly detail: string;
  readonly data: FindingData;
}
