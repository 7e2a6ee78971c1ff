/** What the parts of the edge's bench share. */
import type { BenchDocument } from "./stores.ts";

export interface EdgeBench {
  readonly root: string;
  /** For folders of agents. */
  readonly dir: string;
  readonly origin: { readonly url: string; readonly token: string };
  readonly documents: readonly BenchDocument[];
  readonly full: boolean;
}
