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

/** Why exporting stops. */
export interface Finding {
  readonly kind: "fork" | "foreign";
  readonly detail: string;
  readonly data: FindingData;
}
