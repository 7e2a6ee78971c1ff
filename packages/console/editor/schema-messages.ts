/** What the page and the worker that judges by schemas say to each other. */
import type { Offer } from "./completing.ts";
import type { Fault } from "./faults.ts";

export type SchemaQuestion = { readonly id: number; readonly text: string } & (
  | { readonly asks: "faults" }
  | { readonly asks: "offers"; readonly at: number }
);

export interface SchemaAnswer {
  readonly id: number;
  readonly faults?: readonly Fault[];
  readonly offers?: readonly Offer[];
}

/** The first message: undefined where there is no schema, and only the form of JSON is judged. */
export interface SchemaGiven {
  readonly schema: unknown;
}
