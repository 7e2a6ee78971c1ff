/** Whether the store can serve at all. */
import { type Refusal, refuse } from "../core/refusal.ts";
import type { StoreView } from "../store/documents/view.ts";

/** Thrown by a look at a store that is older than this code; the service brings it up to date and tries again. */
export class StoreBehind extends Error {}

/** `format`: the one that this code was built for. Throws StoreBehind. */
export function judgeStore(
  view: StoreView,
  format: number,
): Refusal<"not_ready" | "store_newer"> | undefined {
  const unfit = judgeFormat(view, format);
  if (unfit !== undefined || view.state !== "restoring") return unfit;
  return refuse("not_ready", "The store is being restored. It answers once every check has passed.");
}

/** The same, without asking whether it is being restored: for those who restore it. */
export function judgeFormat(view: StoreView, format: number): Refusal<"store_newer"> | undefined {
  if (view.format < format) throw new StoreBehind();
  return view.format > format ? storeNewer(view.format, format) : undefined;
}

export function storeNewer(found: number, known: number): Refusal<"store_newer"> {
  return refuse(
    "store_newer",
    `The store has format ${found} and this Ledge knows ${known}. Start the newer one.`,
  );
}
