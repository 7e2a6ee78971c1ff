/** The refusal of every route that is asked for a channel which is not there. */
import { refuse } from "../core/refusal.ts";

export function noChannel({ namespace, channel }: { readonly namespace: string; readonly channel: string }) {
  return refuse("not_found", `There is no channel ${channel} of ${namespace}.`);
}
